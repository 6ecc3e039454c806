"""The answers of the management API: an entity's entry, and the feed of a list, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from sandbox.deployment import Namespace, Queue, Rule, Subscription, Topic
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import atom, changes, descriptions, rule_description
from sandbox.servicebus.administration.address import Address, Kind
from sandbox.servicebus.administration.changes import Found
from sandbox.servicebus.administration.counts import Counts
from sandbox.servicebus.administration.entities import RULE, Entities, resource_id

_MOST = 100
_TITLES = {Kind.QUEUES: "$Resources/queues", Kind.TOPICS: "$Resources/topics"}


class Counted(Protocol):
    """The bus, as far as an answer needs it."""

    entities: Entities

    def counts(self, entity: Queue | Topic | Subscription) -> Counts:
        """Return the messages of an entity."""


@dataclass(frozen=True)
class Answers:
    """The answers about the entities of a bus.

    `started` is the time of the entities that do not know their own: those of the deployment.
    """

    bus: Counted
    started: str

    @property
    def _namespace(self) -> Namespace:
        return self.bus.entities.namespace

    def namespace(self, query: Mapping[str, str]) -> str:
        """Return the entry of the namespace itself."""
        return atom.namespace_info(self._source(query), self._namespace.tier, self.started)

    def entry(
        self, query: Mapping[str, str], address: Address, found: Found, *, counted: bool = True
    ) -> str:
        """Return an entity's entry; the answer to a change is not `counted`."""
        described = self._described(address, found, counted=counted)
        return atom.entry(self._source(query), described)

    def feed(self, query: Mapping[str, str], address: Address) -> str:
        """Return a page of a list. Raises Refusal 400, or 404 for one below nothing."""
        skip, top = _paging(query)
        found = self._below(address)
        following = ""
        if skip + top < len(found):
            following = urlencode({**query, "$skip": skip + top, "$top": top}, safe="$")
        path = _TITLES.get(address.kind, address.path)
        entries = [self._described(at, each) for at, each in found[skip : skip + top]]
        return atom.feed(self._source(query), address.kind.value, path, entries, following)

    def _below(self, address: Address) -> list[tuple[Address, Found]]:
        """Return the entities of a list, by name. Raises Refusal 404 for a list below nothing."""
        namespace, of, words = self._namespace, address.entity, address.words
        pairs: list[tuple[Address, Found]]
        if address.kind is Kind.QUEUES:
            pairs = [(Address(Kind.ENTITY, each.name), each) for each in namespace.queues]
        elif address.kind is Kind.TOPICS:
            pairs = [(Address(Kind.ENTITY, each.name), each) for each in namespace.topics]
        else:
            kind = Kind.ENTITY if address.kind is Kind.SUBSCRIPTIONS else Kind.SUBSCRIPTION
            above = changes.find(namespace, Address(kind, of, address.subscription))
            if isinstance(above, Topic):
                pairs = [
                    (Address(Kind.SUBSCRIPTION, of, each.name, words=words), each)
                    for each in above.subscriptions
                ]
            elif isinstance(above, Subscription):
                at = (of, address.subscription)
                pairs = [
                    (Address(Kind.RULE, *at, each.name, words=words), each) for each in above.rules
                ]
            else:
                raise changes.missing(namespace, Address(kind, of, address.subscription))
        return sorted(pairs, key=lambda each: each[1].name.lower())

    def _described(self, address: Address, found: Found, *, counted: bool = True) -> atom.Entry:
        if isinstance(found, Rule):
            created, described = self._rule(address, found)
            text = rule_description.written(found.name, described, created)
            return atom.Entry(found.name, address.path, "RuleDescription", text, created, created)
        properties = descriptions.properties_of(found)
        created = properties.get(descriptions.CREATED, self.started)
        runtime = self._runtime(found) if counted else None
        text = descriptions.written(found, runtime, created)
        updated = properties.get(descriptions.UPDATED, created)
        kind = descriptions.kind_of(found)
        return atom.Entry(found.name, address.path, kind, text, created, updated)

    def _rule(self, address: Address, found: Rule) -> tuple[str, rule_description.RuleDescription]:
        """Return when a rule was created, and its description."""
        path = (address.entity, address.subscription, found.name)
        key = resource_id(self._namespace.id, RULE, *path).lower()
        made = self.bus.entities.drift.made.get(key)
        if made is None:
            return self.started, rule_description.of_rule(found)
        described = rule_description.RuleDescription.from_json(made.properties)
        return made.properties[descriptions.CREATED], described

    def _runtime(self, found: Queue | Topic | Subscription) -> descriptions.Runtime:
        below = found.subscriptions if isinstance(found, Topic) else ()
        rules = [rule for each in below for rule in each.rules]
        correlated = sum(each.correlation is not None for each in rules)
        counts = self.bus.counts(found)
        return descriptions.Runtime(counts, len(below), len(rules) - correlated, correlated)

    def _source(self, query: Mapping[str, str]) -> atom.Source:
        written = urlencode(query, safe="$")
        return atom.Source(self._namespace.name, self._namespace.host, written)


def _paging(query: Mapping[str, str]) -> tuple[int, int]:
    """Return how many to skip, and how many to return. Raises Refusal 400 as Azure words it."""
    found = []
    for name, default in (("skip", 0), ("top", _MOST)):
        text = query.get(f"${name}", str(default))
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            what = f"Parameter '{name}' should be non-negative integer.\r\nParameter name: {name}."
            raise Refusal(400, "", what, f"the parameter {name} is no number")
        found.append(int(text))
    return found[0], min(found[1], _MOST)
