"""The properties of Service Bus entities that the sandbox does not offer.

If it ignored them, an entity that forwards, and a rule that changes messages, would be answered
wrongly. So such an entity exists, and its senders and receivers are refused.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.deployment.expressions import Unresolved

# Azure's default of `autoDeleteOnIdle`.
NEVER = "P10675199DT2H48M5.4775807S"
# By property: the sandbox's behaviour instead.
FORWARDING: Mapping[str, str] = {
    "forwardTo": "it does not forward messages",
    "forwardDeadLetteredMessagesTo": "it does not forward dead letters",
}
RULE_ACTION = "action"
_MEANS_NOTHING: tuple[object, ...] = (None, False, "", {}, "None", NEVER)


def asks_for(properties: Mapping[str, Any], name: str) -> bool:
    """Return whether a property has another value than one that means nothing."""
    return properties.get(name) not in _MEANS_NOTHING


def forwarding(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties by which an entity forwards messages."""
    return tuple(each for each in FORWARDING if asks_for(properties, each))


def rule_action(properties: Mapping[str, Any]) -> str:
    """Return the SQL expression of a rule's action; an empty one if the rule has no action."""
    action = properties.get(RULE_ACTION)
    expression = action.get("sqlExpression") if isinstance(action, Mapping) else action
    return expression.text if isinstance(expression, Unresolved) else str(expression or "")
