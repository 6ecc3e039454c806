"""The plane of the management API: the right to manage an entity, and the answer.

The caller needs Azure Service Bus Data Owner, which has every data action and every action of the
control plane; that a narrower role would do is nowhere documented (docs/assumptions.md).
https://learn.microsoft.com/rest/api/servicebus/entities-management
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Protocol
from urllib.parse import urlencode

from aiohttp import web

from sandbox.deployment import Namespace, Queue, Rule, Subscription, Topic
from sandbox.entra import Caller, TokenRefused, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Denied, Requirement
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import atom, changes, descriptions, rule_description
from sandbox.servicebus.administration.address import Address, Kind, address_of
from sandbox.servicebus.administration.changes import Change, Found, Request
from sandbox.servicebus.administration.counts import Counts
from sandbox.servicebus.administration.entities import RULE, Entities, EntityDrift, resource_id
from sandbox.servicebus.administration.xml import XmlError, description_in
from sandbox.servicebus.authenticate import Verifier

_TYPE = "Microsoft.ServiceBus/namespaces"
_NO_REST = (
    "The sandbox does not speak the REST API of messages: send and receive over AMQP. It manages"
    " queues, topics, subscriptions and rules."
)
_UNRECORDED = "The request cannot be recorded."
_UNAUTHORIZED = "SubCode=40100: Unauthorized : {} claims required for this operation."
_MOST = 100
_TITLES = {
    Kind.QUEUES: ("$Resources/queues", Kind.QUEUES.value),
    Kind.TOPICS: ("$Resources/topics", Kind.TOPICS.value),
}
_VERBS = {"GET": "read", "PUT": "write", "DELETE": "delete"}
_NAMES = {"GET": ("Get", "EntityRead"), "DELETE": ("Delete", "EntityDelete")}


@dataclass(frozen=True)
class Operation:
    """An operation, and Azure's name of the right that it takes."""

    name: str
    claim: str


@dataclass(frozen=True)
class NamedEntity:
    """A request that is understood: its operation, its address, and the scope of its rights."""

    operation: Operation
    address: Address
    scope: str
    actions: tuple[str, ...]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return the actions as data actions, which Data Owner alone has, and as control ones."""
        return (
            Requirement.of(self.scope, *self.actions),
            Requirement.of(self.scope, *self.actions, data=False),
        )


class Bus(Protocol):
    """The bus behind the management API."""

    entities: Entities

    def counts(self, entity: Queue | Topic | Subscription) -> Counts:
        """Return the messages of an entity."""

    def manage(self, drift: EntityDrift) -> None:
        """Put a change of entities into force. Raises RuleError, StoreError or OSError."""


class Administration(HttpPlane[NamedEntity]):
    """The management of one namespace. A request for anything else is refused by 401.

    Azure answers so for a missing right. azservicebus for Go takes a 404 for a missing queue, and
    raises no error.
    """

    service = "bus"
    unrecorded = Refusal(500, "", _UNRECORDED, _UNRECORDED)

    def __init__(self, bus: Bus, verifier: Verifier, tier: str = "Standard") -> None:
        self._bus = bus
        self._verifier = verifier
        self._tier = tier
        self._started = _now()

    @property
    def _namespace(self) -> Namespace:
        return self._bus.entities.namespace

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401, which does not tell a wrong token from a gap."""
        try:
            token = bearer_token(request.headers.getall("Authorization", []))
            return self._verifier.verify(token or "")
        except TokenRefused as error:
            raise _not_offered(request) from error

    def name(self, request: web.Request) -> NamedEntity:
        """Return the operation on an entity or a list. Raises Refusal 401 for any other."""
        address, verb = address_of(request.path), _VERBS.get(request.method)
        if address is None or verb is None:
            raise _not_offered(request)
        is_a_list = address.kind.is_list or address.kind is Kind.NAMESPACE
        if is_a_list and verb != "read":
            raise _not_offered(request)
        found = None if is_a_list else changes.find(self._namespace, address)
        operation = _operation(request, address, found)
        return NamedEntity(operation, address, self._scope(address, found), _actions(address, verb))

    def deny(self, caller: Caller, named: NamedEntity, denied: Denied) -> Refusal:
        """Return Azure's 401. https://learn.microsoft.com/rest/api/servicebus/error-codes"""
        text = _UNAUTHORIZED.format(f"Manage,{named.operation.claim}")
        return Refusal(401, "", text, text)

    def label(self, request: web.Request, step: str) -> str:
        """Return one name for all that is refused before it is named."""
        return "Administration"

    async def serve(self, request: web.Request, granted: Granted[NamedEntity]) -> web.Response:
        """Return an entry or a feed, after the change that the request asks for. Raises Refusal."""
        address = granted.named.address
        if request.method == "PUT":
            return await self._put(request, address, granted.caller.name)
        if request.method == "DELETE":
            asked = Request(address, granted.caller.name)
            self._manage(changes.delete(self._bus.entities, asked, granted.named.scope))
            return web.Response(status=200)
        if address.kind is Kind.NAMESPACE:
            source = self._source(request)
            return _xml(200, atom.namespace_info(source, self._tier, self._started), "entry")
        if address.kind.is_list:
            return self._list(request, address)
        found = changes.find(self._namespace, address)
        if found is None:
            return _xml(200, atom.nothing(_now()), "feed")
        return _xml(200, self._entry(request, address, found), "entry")

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error. https://learn.microsoft.com/rest/api/servicebus/error-codes"""
        detail = escape(refusal.message, quote=False)
        code = f"<Code>{refusal.status}</Code>"
        return _xml(refusal.status, f"<Error>{code}<Detail>{detail}</Detail></Error>")

    async def _put(self, request: web.Request, address: Address, by: str) -> web.Response:
        try:
            description = description_in(await request.read())
        except XmlError as error:
            text = f"The request body is not understood: {error}."
            raise Refusal(400, "", text, "the request body is not understood") from error
        version = request.query.get("api-version", "")
        asked = Request(address, by, "If-Match" in request.headers, version)
        change = changes.put(self._bus.entities, asked, description)
        self._manage(change)
        found = changes.find(self._namespace, address)
        assert found is not None  # noqa: S101 - it was just put
        text = self._entry(request, address, found, answers_change=True)
        return _xml(201 if change.created else 200, text, "entry")

    def _manage(self, change: Change) -> None:
        """Put a change into force. Raises Refusal 400 for a filter that is not understood."""
        try:
            self._bus.manage(change.drift)
        except ValueError as error:  # a RuleError, too
            raise Refusal(400, "", str(error), "a filter is not understood") from error

    def _list(self, request: web.Request, address: Address) -> web.Response:
        skip, top = _paging(request)
        found = self._below(address)
        page = found[skip : skip + top]
        following = ""
        if skip + top < len(found):
            query = {**dict(request.query), "$skip": str(skip + top), "$top": str(top)}
            following = urlencode(query, safe="$")
        path = f"{address.path}/{address.kind.value}" if address.entity else ""
        path, title = _TITLES.get(address.kind, (path, address.kind.value))
        source = self._source(request)
        entries = [self._described(at, each) for at, each in page]
        return _xml(200, atom.feed(source, title, path, entries, following), "feed")

    def _below(self, address: Address) -> list[tuple[Address, Found]]:
        """Return the entities of a list, by name. Raises Refusal 404 for a list below nothing."""
        namespace, of = self._namespace, address.entity
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
                    (Address(Kind.SUBSCRIPTION, of, each.name), each)
                    for each in above.subscriptions
                ]
            elif isinstance(above, Subscription):
                at = (of, address.subscription)
                pairs = [(Address(Kind.RULE, *at, each.name), each) for each in above.rules]
            else:
                raise changes.missing(namespace, Address(kind, of, address.subscription))
        return sorted(pairs, key=lambda each: each[1].name.lower())

    def _entry(
        self, request: web.Request, address: Address, found: Found, *, answers_change: bool = False
    ) -> str:
        described = self._described(address, found, answers_change=answers_change)
        return atom.entry(self._source(request), described)

    def _described(
        self, address: Address, found: Found, *, answers_change: bool = False
    ) -> atom.Entry:
        if isinstance(found, Rule):
            created, described = self._rule(address, found)
            text = rule_description.written(found.name, described, created)
            return atom.Entry(found.name, address.path, "RuleDescription", text, created, created)
        properties = descriptions.properties_of(found)
        created = properties.get(descriptions.CREATED, self._started)
        runtime = None if answers_change else self._runtime(found)
        text = descriptions.written(found, runtime, created)
        updated = properties.get(descriptions.UPDATED, created)
        kind = descriptions.kind_of(found)
        return atom.Entry(found.name, address.path, kind, text, created, updated)

    def _rule(self, address: Address, found: Rule) -> tuple[str, rule_description.RuleDescription]:
        """Return when a rule was created, and its description."""
        path = (address.entity, address.subscription, found.name)
        key = resource_id(self._namespace.id, RULE, *path).lower()
        made = self._bus.entities.drift.made.get(key)
        if made is None:
            return self._started, rule_description.of_rule(found)
        described = rule_description.RuleDescription.from_json(made.properties)
        return made.properties[descriptions.CREATED], described

    def _runtime(self, found: Queue | Topic | Subscription) -> descriptions.Runtime:
        below = found.subscriptions if isinstance(found, Topic) else ()
        rules = [rule for each in below for rule in each.rules]
        correlated = sum(each.correlation is not None for each in rules)
        counts = self._bus.counts(found)
        return descriptions.Runtime(counts, len(below), len(rules) - correlated, correlated)

    def _scope(self, address: Address, found: Found | None) -> str:
        """Return the resource that decides: the entity, or the namespace of one to create."""
        if found is None:
            return self._namespace.id
        if isinstance(found, Rule):
            path = (address.entity, address.subscription, address.rule)
            return resource_id(self._namespace.id, RULE, *path)
        return found.id

    def _source(self, request: web.Request) -> atom.Source:
        return atom.Source(self._namespace.name, self._namespace.host, request.query_string)


def _operation(request: web.Request, address: Address, found: Found | None) -> Operation:
    """Return the operation by the name that Azure's own log would have."""
    noun = address.kind.value
    if address.kind is Kind.ENTITY and found is not None:
        noun = type(found).__name__
    if request.method == "PUT":
        verb = "Update" if "If-Match" in request.headers else "Create"
        return Operation(f"{verb}{noun}", "EntityWrite")
    verb, claim = _NAMES[request.method]
    return Operation(f"{verb}{noun}", claim)


def _actions(address: Address, verb: str) -> tuple[str, ...]:
    """Return the actions of the control plane of which one is needed."""
    below = f"{_TYPE}/topics/subscriptions"
    kinds: Mapping[Kind, tuple[str, ...]] = {
        Kind.NAMESPACE: (_TYPE,),
        Kind.ENTITY: (f"{_TYPE}/queues", f"{_TYPE}/topics"),
        Kind.QUEUES: (f"{_TYPE}/queues",),
        Kind.TOPICS: (f"{_TYPE}/topics",),
        Kind.SUBSCRIPTION: (below,),
        Kind.SUBSCRIPTIONS: (below,),
        Kind.RULE: (f"{below}/rules",),
        Kind.RULES: (f"{below}/rules",),
    }
    return tuple(f"{each}/{verb}" for each in kinds[address.kind])


def _paging(request: web.Request) -> tuple[int, int]:
    """Return how many to skip, and how many to return. Raises Refusal 400 as Azure words it."""
    found = []
    for name, default in (("skip", 0), ("top", _MOST)):
        text = request.query.get(f"${name}", str(default))
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            what = f"Parameter '{name}' should be non-negative integer.\r\nParameter name: {name}."
            raise Refusal(400, "", what, f"the parameter {name} is no number")
        found.append(int(text))
    return found[0], min(found[1], _MOST)


def _not_offered(request: web.Request) -> Refusal:
    # Without the path: a stranger may have put anything into it, even a token.
    reason = f"the sandbox does not offer {request.method} over HTTPS"
    return Refusal(401, "", _NO_REST, reason)


def _xml(status: int, text: str, kind: str = "") -> web.Response:
    """Return an answer in XML; `kind` is entry or feed of Atom."""
    typed = f"application/atom+xml;type={kind};charset=utf-8" if kind else "application/xml"
    charset = "" if kind else "; charset=utf-8"
    headers = {"Content-Type": f"{typed}{charset}"}
    return web.Response(status=status, body=text.encode(), headers=headers)


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
