"""The rules of a subscription, whose filters select the messages that it gets.

https://learn.microsoft.com/azure/service-bus-messaging/topic-filters
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sandbox.deployment import CorrelationFilter, Namespace, Rule
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.sql import SqlError, parse

# The standard properties, by their names in correlation filters, and by AMQP's.
_STANDARD = {
    "label": "subject",
    "message_id": "message_id",
    "correlation_id": "correlation_id",
    "to": "to",
    "reply_to": "reply_to",
    "reply_to_session_id": "reply_to_group_id",
    "session_id": "group_id",
    "content_type": "content_type",
}

_Filter = Callable[[Message], bool]

# Azure creates it with each subscription.
DEFAULT = Rule("$Default", sql="1=1")


class RuleError(ValueError):
    """A rule whose filter the sandbox does not understand. The text names it."""


@dataclass(frozen=True)
class Filters:
    """The filters of one subscription's rules."""

    filters: tuple[_Filter, ...]

    def match(self, message: Message) -> bool:
        """Return whether the subscription gets a copy: one, however many rules match."""
        return any(each(message) for each in self.filters)


def compiled(rules: Iterable[Rule], subscription: str) -> Filters:
    """Return the filters of `rules`. Raises RuleError with the rule and the subscription."""
    return Filters(tuple(_filter(rule, subscription) for rule in rules))


def as_deployed(namespace: Namespace, default: str) -> Namespace:
    """Return the namespace as deployed from its template. `default` is that of `rules_after`."""
    topics = (
        replace(
            topic,
            subscriptions=tuple(
                replace(each, rules=rules_after(each.rules, default))
                for each in topic.subscriptions
            ),
        )
        for topic in namespace.topics
    )
    return replace(namespace, topics=tuple(topics))


def rules_after(written: tuple[Rule, ...], default: str) -> tuple[Rule, ...]:
    """Return the rules of a subscription whose template has the `written` rules.

    `default` is an answer to bus-default-rule in docs/assumptions.md: "removed" drops every
    $Default, the template's included; "replaced" lets the template's replace Azure's; "stays" adds
    Azure's to any other.
    """
    others = tuple(each for each in written if each.name.lower() != DEFAULT.name.lower())
    names_default = others != written
    if written and default == "removed":
        return others
    if names_default and default == "replaced":
        return written
    return (*written, DEFAULT)


def _filter(rule: Rule, subscription: str) -> _Filter:
    try:
        if rule.sql is not None:
            condition = parse(rule.sql, rule.parameters)
            return lambda message: condition(message) is True
        if rule.correlation is not None:
            return _correlation(rule.correlation)
    except SqlError as error:
        raise RuleError(f"Rule '{rule.name}' of subscription '{subscription}': {error}.") from error
    raise RuleError(f"Rule '{rule.name}' of subscription '{subscription}' has no filter.")


def _correlation(wanted: CorrelationFilter) -> _Filter:
    standard = {
        amqp: value
        for name, amqp in _STANDARD.items()
        if (value := getattr(wanted, name)) is not None
    }
    own = dict(wanted.properties)
    if not standard and not own:
        raise SqlError("a correlation filter has to name at least one property")

    def matches(message: Message) -> bool:
        return all(
            _text(message.properties.get(name)) == value for name, value in standard.items()
        ) and all(message.application_properties.get(name) == value for name, value in own.items())

    return matches


def _text(value: object) -> str | None:
    return None if value is None else str(value)
