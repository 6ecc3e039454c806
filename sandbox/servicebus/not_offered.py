"""The links that are refused for a property that the deployment gives an entity or a rule."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.deployment import EntitySettings, Namespace, Subscription, Topic
from sandbox.deployment.not_offered import FORWARDING, RULE_ACTION

NO_ACTION = "a rule selects messages and does not change them"


@dataclass(frozen=True)
class NotOffered:
    """A property that the sandbox does not offer, its owner, and the sandbox's behaviour."""

    name: str
    owner: str
    instead: str


def for_senders(namespace: Namespace) -> Mapping[str, NotOffered]:
    """Return the property for which senders are refused, by the id of their queue or topic.

    A topic's senders are refused for its subscriptions: Azure would forward the copies.
    """
    found = {each.id: _of_queue(each.name, each.settings) for each in namespace.queues}
    for topic in namespace.topics:
        below = (_forwarding(_path(topic, each), each.settings) for each in topic.subscriptions)
        found[topic.id] = next(filter(None, below), None)
    return {scope: each for scope, each in found.items() if each}


def for_receivers(namespace: Namespace) -> Mapping[str, NotOffered]:
    """Return the property for which receivers are refused, by the id of their entity."""
    found = {each.id: _of_queue(each.name, each.settings) for each in namespace.queues}
    for topic in namespace.topics:
        for each in topic.subscriptions:
            forwards = _forwarding(_path(topic, each), each.settings)
            found[each.id] = forwards or _changing(_path(topic, each), each)
    return {scope: each for scope, each in found.items() if each}


def _of_queue(name: str, settings: EntitySettings) -> NotOffered | None:
    return _forwarding(f"the queue '{name}'", settings)


def _path(topic: Topic, subscription: Subscription) -> str:
    return f"the subscription '{topic.name}/subscriptions/{subscription.name}'"


def _forwarding(owner: str, settings: EntitySettings) -> NotOffered | None:
    for name in settings.forwarding:
        return NotOffered(name, owner, FORWARDING[name])
    return None


def _changing(owner: str, subscription: Subscription) -> NotOffered | None:
    for rule in subscription.rules:
        if rule.action:
            return NotOffered(RULE_ACTION, f"the rule '{rule.name}' of {owner}", NO_ACTION)
    return None
