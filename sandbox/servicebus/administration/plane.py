"""The plane of the management API: the right to manage an entity, and the answer.

The caller needs Azure Service Bus Data Owner, which has every data action and every action of the
control plane; that a narrower role would do is nowhere documented (docs/assumptions.md).
https://learn.microsoft.com/rest/api/servicebus/entities-management
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Protocol

from aiohttp import web

from sandbox.deployment import Namespace, Rule
from sandbox.entra import Caller, TokenRefused, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Denied, Requirement
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import atom, changes
from sandbox.servicebus.administration.address import Address, Kind, address_of
from sandbox.servicebus.administration.answers import Answers, Counted
from sandbox.servicebus.administration.changes import Change, Found, Request
from sandbox.servicebus.administration.entities import RULE, EntityDrift, resource_id
from sandbox.servicebus.administration.xml import XmlError, description_in
from sandbox.servicebus.authenticate import Verifier

_TYPE = "Microsoft.ServiceBus/namespaces"
_NO_REST = (
    "The sandbox does not speak the REST API of messages: send and receive over AMQP. It manages"
    " queues, topics, subscriptions and rules."
)
_NO_CLAIM = "claim is empty."
_UNRECORDED = "The request cannot be recorded."
_UNAUTHORIZED = "SubCode=40100: Unauthorized : {} claims required for this operation."
_VERBS = {"GET": "read", "PUT": "write", "DELETE": "delete"}
_NAMES = {"GET": ("Get", "EntityRead"), "DELETE": ("Delete", "EntityDelete")}


@dataclass(frozen=True)
class Operation:
    """An operation, and Azure's name of the right that it takes."""

    name: str
    claim: str


@dataclass(frozen=True)
class NamedEntity:
    """A request that is understood: its operation, its address, and its rights on a scope."""

    operation: Operation
    address: Address
    scope: str
    requirements: tuple[Requirement, ...]


class Bus(Counted, Protocol):
    """The bus behind the management API."""

    def manage(self, drift: EntityDrift) -> None:
        """Put a change of entities into force. Raises RuleError, or Refusal 503."""


class Administration(HttpPlane[NamedEntity]):
    """The management of one namespace. A request for anything else is refused by 401.

    Azure answers so for a missing right. azservicebus for Go takes a 404 for a missing queue, and
    raises no error.
    """

    service = "bus"
    unrecorded = Refusal(500, "", _UNRECORDED, _UNRECORDED)

    def __init__(self, bus: Bus, verifier: Verifier) -> None:
        self._bus = bus
        self._verifier = verifier
        self._answers = Answers(bus, atom.now())

    @property
    def _namespace(self) -> Namespace:
        return self._bus.entities.namespace

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401, in the words of Azure's recorded answer.

        Azure/azure-sdk-for-python, test_mgmt_queues.test_mgmt_queue_list_with_negative_credential.
        """
        try:
            token = bearer_token(request.headers.getall("Authorization", []))
            return self._verifier.verify(token or "")
        except TokenRefused as refused:
            reason = f"the token is {refused.reason}"
            raise Refusal(401, "", _NO_CLAIM, reason) from refused

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
        scope = self._scope(address, found)
        return NamedEntity(operation, address, scope, requirements(address, verb, scope))

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
            return _xml(200, self._answers.namespace(request.query), "entry")
        if address.kind.is_list:
            return _xml(200, self._answers.feed(request.query, address), "feed")
        found = changes.find(self._namespace, address)
        if found is None:
            return _xml(200, atom.nothing(), "feed")
        return _xml(200, self._answers.entry(request.query, address, found), "entry")

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
        text = self._answers.entry(request.query, address, found, counted=False)
        return _xml(201 if change.created else 200, text, "entry")

    def _manage(self, change: Change) -> None:
        """Put a change into force. Raises Refusal 400 for a filter that is not understood."""
        try:
            self._bus.manage(change.drift)
        except ValueError as error:  # a RuleError, too
            raise Refusal(400, "", str(error), "a filter is not understood") from error

    def _scope(self, address: Address, found: Found | None) -> str:
        """Return the resource that decides: the entity, or the namespace of one to create."""
        if found is None:
            return self._namespace.id
        if isinstance(found, Rule):
            path = (address.entity, address.subscription, address.rule)
            return resource_id(self._namespace.id, RULE, *path)
        return found.id


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


def requirements(address: Address, verb: str, scope: str) -> tuple[Requirement, Requirement]:
    """Return the actions as data actions, which Data Owner alone has, and as control ones."""
    actions = _actions(address, verb)
    return Requirement.of(scope, *actions), Requirement.of(scope, *actions, data=False)


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
