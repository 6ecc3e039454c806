"""The entities of a namespace in force: those of the deployment, changed by the management API.

A change is drift. The state keeps it, so that it outlives a restart; the next deployment puts its
own entities back as it has them, and leaves those that it does not have, as a deployment on Azure
does. https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-modes
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from sandbox.deployment import Namespace, Queue, Rule, Subscription, Topic
from sandbox.deployment.data_services import queue, subscription, topic
from sandbox.servicebus.administration.rule_description import RuleDescription

QUEUE, TOPIC, SUBSCRIPTION, RULE = "queues", "topics", "subscriptions", "rules"
_TYPE = "Microsoft.ServiceBus/namespaces"
# Azure writes a slash in the name of an entity so in its resource id.
_SLASH = "~"


@dataclass(frozen=True)
class Made:
    """An entity or a rule that the management API created or changed.

    `path` has its names, from the entity's on, and `by` the name of the principal.
    """

    kind: str
    path: tuple[str, ...]
    properties: Mapping[str, Any]
    by: str

    def id(self, namespace: str) -> str:
        """Return the resource id, below that of the namespace."""
        return resource_id(namespace, self.kind, *self.path)


@dataclass(frozen=True)
class EntityDrift:
    """The entities that the management API made, and those of the deployment that it deleted.

    Both are by resource id, in lower case; a deleted one has the name of the principal. Everything
    below it is deleted, too.
    """

    made: Mapping[str, Made] = field(default_factory=lambda: MappingProxyType({}))
    deleted: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def putting(self, namespace: str, made: Made) -> "EntityDrift":
        """Return the drift after a creation or a change."""
        return replace(self, made={**self.made, made.id(namespace).lower(): made})

    def deleting(self, gone: str, by: str, deployed: Namespace) -> "EntityDrift":
        """Return the drift after a principal has deleted the resource id `gone`."""
        key = gone.lower()
        left = {name: each for name, each in self.made.items() if not _is_at_or_below(name, key)}
        deleted = {key: by} if key in _ids(deployed) else {}
        return EntityDrift(left, {**self.deleted, **deleted})

    def redeployed(self, namespace: Namespace) -> "EntityDrift":
        """Return the drift after a deployment of `namespace`, which restores its own entities."""
        own = {each.lower() for each in _ids(namespace)}
        return EntityDrift({key: each for key, each in self.made.items() if key not in own})


NONE = EntityDrift()


@dataclass(frozen=True)
class InForce:
    """A deployed namespace, the drift from it, and the namespace with this drift."""

    deployed: Namespace
    drift: EntityDrift
    namespace: Namespace

    @classmethod
    def of(cls, deployed: Namespace, drift: EntityDrift) -> "InForce":
        """Return a deployed namespace with a drift."""
        return cls(deployed, drift, with_drift(deployed, drift))


class Entities:
    """The namespace in force. `keep` stores the drift before it takes effect."""

    def __init__(
        self,
        deployed: Namespace,
        drift: EntityDrift = NONE,
        keep: Callable[[EntityDrift], None] = lambda _: None,
    ) -> None:
        self._keep = keep
        self.in_force = InForce.of(deployed, drift)

    @property
    def namespace(self) -> Namespace:
        """Return the namespace with its drift."""
        return self.in_force.namespace

    @property
    def drift(self) -> EntityDrift:
        """Return the drift from the deployment."""
        return self.in_force.drift

    @property
    def differences(self) -> tuple[str, ...]:
        """A sentence for each difference from the deployment, with the principal that made it."""
        own = set(_ids(self.in_force.deployed))
        made = (
            f"{self._short(key)} {'changed' if key in own else 'created'} by {each.by}"
            for key, each in self.drift.made.items()
        )
        gone = (f"{self._short(key)} deleted by {by}" for key, by in self.drift.deleted.items())
        return (*made, *gone)

    def _short(self, key: str) -> str:
        return key.removeprefix(f"{self.namespace.id.lower()}/")

    def putting(self, made: Made) -> EntityDrift:
        """Return the drift after a creation or a change."""
        return self.drift.putting(self.namespace.id, made)

    def deleting(self, gone: str, by: str) -> EntityDrift:
        """Return the drift after a deletion."""
        return self.drift.deleting(gone, by, self.in_force.deployed)

    def changed(self, drift: EntityDrift) -> InForce:
        """Return the plan for a change to `drift`."""
        return InForce.of(self.in_force.deployed, drift)

    def redeployed(self, deployed: Namespace) -> InForce:
        """Return the plan for a deployment of `deployed`, which restores its own entities."""
        return InForce.of(deployed, self.drift.redeployed(deployed))

    def take(self, planned: InForce) -> None:
        """Put a plan into force, and keep its drift. Raises OSError; then nothing has changed."""
        if planned.drift != self.drift:
            self._keep(planned.drift)
        self.in_force = planned

    def take_back(self, before: InForce) -> None:
        """Return to the state before a change that failed.

        If the disk does not take that either, the change is in force after a restart.
        """
        self.in_force = before
        with suppress(OSError):
            self._keep(before.drift)


def resource_id(namespace: str, kind: str, *path: str) -> str:
    """Return the resource id of an entity or a rule below the namespace of this id."""
    first = kind if kind == QUEUE else TOPIC
    segments = zip((first, SUBSCRIPTION, RULE), map(_escaped, path), strict=False)
    return "/".join((namespace, *(f"{each}/{name}" for each, name in segments)))


def with_drift(deployed: Namespace, drift: EntityDrift) -> Namespace:
    """Return a deployed namespace with the changes of `drift`."""
    if not drift.made and not drift.deleted:
        return deployed
    queues, topics, subscriptions, rules = _flat(deployed)
    for kept in (queues, topics, subscriptions, rules):
        for gone in [each for each in kept if _is_deleted(each, drift)]:
            del kept[gone]
    for key, made in drift.made.items():
        resource = _resource(deployed, made)
        match made.kind:
            case "queues":
                queues[key] = replace(queue(resource), name=made.path[0])
            case "topics":
                topics[key] = replace(topic(resource), name=made.path[0])
            case "subscriptions":
                subscriptions[key] = subscription(resource)
            case _:
                rules[key] = RuleDescription.from_json(made.properties).rule(made.path[-1])
    return replace(
        deployed,
        queues=tuple(queues.values()),
        topics=tuple(_assembled(key, each, subscriptions, rules) for key, each in topics.items()),
    )


def _assembled(
    key: str, each: Topic, subscriptions: Mapping[str, Subscription], rules: Mapping[str, Rule]
) -> Topic:
    """Return a topic with its subscriptions, and these with their rules."""
    below = (
        replace(found, rules=_below(name, rules))
        for name, found in subscriptions.items()
        if name.rpartition(f"/{SUBSCRIPTION}/")[0] == key
    )
    return replace(each, subscriptions=tuple(below))


def _below(key: str, rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
    return tuple(each for name, each in rules.items() if name.rpartition(f"/{RULE}/")[0] == key)


def _flat(
    namespace: Namespace,
) -> tuple[dict[str, Queue], dict[str, Topic], dict[str, Subscription], dict[str, Rule]]:
    """Return the queues, topics, subscriptions and rules, each by its id in lower case."""
    topics = {each.id.lower(): each for each in namespace.topics}
    below = {each.id.lower(): each for topic in namespace.topics for each in topic.subscriptions}
    rules = {
        f"{key}/{RULE}/{each.name.lower()}": each
        for key, found in below.items()
        for each in found.rules
    }
    return {each.id.lower(): each for each in namespace.queues}, topics, below, rules


def _ids(namespace: Namespace) -> list[str]:
    return [key for kind in _flat(namespace) for key in kind]


def _resource(namespace: Namespace, made: Made) -> dict[str, Any]:
    """Return an entity as Resource Manager has it."""
    names = [namespace.name, *map(_escaped, made.path)]
    levels = [made.kind] if len(made.path) == 1 else [TOPIC, SUBSCRIPTION]
    kind = "/".join((_TYPE, *levels))
    own = {"id": made.id(namespace.id), "type": kind, "name": "/".join(names)}
    return {**own, "properties": made.properties}


def _escaped(name: str) -> str:
    return name.replace("/", _SLASH)


def _is_deleted(key: str, drift: EntityDrift) -> bool:
    return any(_is_at_or_below(key, each) for each in drift.deleted)


def _is_at_or_below(key: str, other: str) -> bool:
    return key == other or key.startswith(f"{other}/")
