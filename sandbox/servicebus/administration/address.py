"""The entity, or the list of entities, that the path of a request names."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Kind(StrEnum):
    """The kinds of things that have a path."""

    NAMESPACE = "Namespace"
    ENTITY = "Entity"  # a queue or a topic: both have one segment, and share their names
    SUBSCRIPTION = "Subscription"
    RULE = "Rule"
    QUEUES = "Queues"
    TOPICS = "Topics"
    SUBSCRIPTIONS = "Subscriptions"
    RULES = "Rules"

    @property
    def is_list(self) -> bool:
        return self in {Kind.QUEUES, Kind.TOPICS, Kind.SUBSCRIPTIONS, Kind.RULES}


# After these segments comes a name, whatever it is.
_NAMED = frozenset({"subscriptions", "rules"})


@dataclass(frozen=True)
class Address:
    """A kind, and the names on the way to it: an entity's, a subscription's, a rule's."""

    kind: Kind
    entity: str = ""
    subscription: str = ""
    rule: str = ""

    @property
    def path(self) -> str:
        """Return the path as Azure writes it in the id of an entry."""
        parts = [self.entity]
        if self.subscription:
            parts += ["subscriptions", self.subscription]
        if self.rule:
            parts += ["rules", self.rule]
        return "/".join(parts)


def address_of(path: str) -> Address | None:
    """Return the address of a decoded path; None for one that leads nowhere."""
    parts = path.strip("/").split("/")
    folded = [each.lower() for each in parts]
    if folded == ["$namespaceinfo"]:
        return Address(Kind.NAMESPACE)
    if folded[0] == "$resources" and len(parts) == 2:
        return {
            "queues": Address(Kind.QUEUES),
            "topics": Address(Kind.TOPICS),
        }.get(folded[1])
    if not all(parts) or folded[0].startswith("$") or _is_of_messages(folded):
        return None
    if "subscriptions" not in folded[1:]:
        return Address(Kind.ENTITY, "/".join(parts))
    at = folded.index("subscriptions", 1)
    return _below("/".join(parts[:at]), parts[at + 1 :], folded[at + 1 :])


def _is_of_messages(folded: list[str]) -> bool:
    """Return whether a path is of the REST API that sends and receives messages.

    https://learn.microsoft.com/rest/api/servicebus/service-bus-runtime-rest
    """
    steps = pairwise(folded)
    return any(name == "messages" and above not in _NAMED for above, name in steps)


def _below(topic: str, rest: list[str], folded: list[str]) -> Address | None:
    """Return the address of a subscription or a rule; their names have no slash."""
    match rest, folded:
        case [], _:
            return Address(Kind.SUBSCRIPTIONS, topic)
        case [name], _:
            return Address(Kind.SUBSCRIPTION, topic, name)
        case [name, _], [_, "rules"]:
            return Address(Kind.RULES, topic, name)
        case [name, _, rule], [_, "rules", _]:
            return Address(Kind.RULE, topic, name, rule)
    return None
