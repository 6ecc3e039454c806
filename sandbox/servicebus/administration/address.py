"""The entity, or the list of entities, that the path of a request names."""

from dataclasses import dataclass, field
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
    """A kind, and the names on the way to it: an entity's, a subscription's, a rule's.

    `words` are the segments above the last two, in the case in which the request wrote them.
    """

    kind: Kind
    entity: str = ""
    subscription: str = ""
    rule: str = ""
    words: tuple[str, str] = field(default=("subscriptions", "rules"), compare=False)

    @property
    def path(self) -> str:
        """Return the path as Azure writes it in the id of an entry or a feed.

        Azure repeats the case of the request. @azure/service-bus takes the names from the id, and
        finds none beside a segment in another case than it wrote: setName in its atomXmlHelper.
        """
        subscriptions, rules = self.words
        parts = [self.entity]
        if self.subscription or self.kind is Kind.SUBSCRIPTIONS:
            parts += [subscriptions, self.subscription]
        if self.rule or self.kind is Kind.RULES:
            parts += [rules, self.rule]
        return "/".join(filter(None, parts))


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
    return _below("/".join(parts[:at]), parts[at], parts[at + 1 :])


def _is_of_messages(folded: list[str]) -> bool:
    """Return whether a path is of the REST API that sends and receives messages.

    https://learn.microsoft.com/rest/api/servicebus/service-bus-runtime-rest
    """
    steps = pairwise(folded)
    return any(name == "messages" and above not in _NAMED for above, name in steps)


def _below(topic: str, word: str, rest: list[str]) -> Address | None:
    """Return the address of a subscription or a rule; their names have no slash."""
    match rest:
        case []:
            return Address(Kind.SUBSCRIPTIONS, topic, words=(word, "rules"))
        case [name]:
            return Address(Kind.SUBSCRIPTION, topic, name, words=(word, "rules"))
        case [name, rules] if rules.lower() == "rules":
            return Address(Kind.RULES, topic, name, words=(word, rules))
        case [name, rules, rule] if rules.lower() == "rules":
            return Address(Kind.RULE, topic, name, rule, words=(word, rules))
    return None
