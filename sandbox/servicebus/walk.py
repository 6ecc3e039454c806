"""The walk of each link on a connection: authenticate, name, decide, serve."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.entra import Caller
from sandbox.servicebus import conditions, not_offered
from sandbox.servicebus.amqp.wire import Wire
from sandbox.servicebus.authenticate import Tokens
from sandbox.servicebus.conditions import Condition, Refusal
from sandbox.servicebus.links import Publisher, Receiver, Room
from sandbox.servicebus.management import Management
from sandbox.servicebus.name import CBS, Kind, Node, Purpose
from sandbox.servicebus.nodes import (
    Answer,
    ReplySource,
    RequestTarget,
    cbs_answer,
    management_answer,
)
from sandbox.servicebus.plane import Plane
from sandbox.servicebus.serve.subqueue import Subqueue

_SESSIONS = "com.microsoft:session-filter"
_ANY_SIZE = 2**64 - 1

Endpoint = Publisher | Receiver | RequestTarget | ReplySource


@dataclass(eq=False)
class Attached:
    """An open link: what it was admitted to, by which audience's token, and what serves it."""

    wire: Wire
    path: str
    endpoint: Endpoint
    active: float
    node: Node | None = None
    purpose: Purpose | None = None
    audience: str | None = None

    @property
    def last_used(self) -> float:
        """When something last went over the link, either way."""
        delivered = self.endpoint.delivered if isinstance(self.endpoint, Receiver) else 0.0
        return max(self.active, delivered)


class Walk:
    """The links of one connection, and the tokens that they live by."""

    def __init__(self, plane: Plane, room: Room, connection: str) -> None:
        """`connection` is its name, for people."""
        self._plane = plane
        self._connection = connection
        self._room = room
        self._links: dict[Wire, Attached] = {}
        self._had_links = False
        self._without_links_since = time.monotonic()
        self._refused = 0
        self.tokens = Tokens(plane.desk)

    def __iter__(self) -> Iterator[Attached]:
        return iter(list(self._links.values()))

    @property
    def refusals(self) -> int:
        """How many links and tokens have been refused."""
        return self._refused + self.tokens.refusals

    def get(self, wire: Wire | None) -> Attached | None:
        """The open link on `wire`, touched by what is about to happen on it."""
        attached = self._links.get(wire) if wire else None
        if attached:
            attached.active = time.monotonic()
        return attached

    def attach(self, wire: Wire) -> None:
        """Open a link, or refuse it with Azure's reason."""
        try:
            attached = self._admitted(wire)
        except Refusal as refusal:
            self._refused += 1
            wire.refuse(refusal.condition)
            return
        self._links[wire] = attached
        self._had_links = True
        wire.open(self._largest_message(attached))
        attached.endpoint.opened()

    def detach(self, attached: Attached, condition: Condition) -> None:
        """End a link with a reason."""
        self.drop(attached.wire)
        attached.wire.detach(condition)

    def drop(self, wire: Wire) -> None:
        """Serve a link no more. Its locks last until they end, as on Azure."""
        attached = self._links.pop(wire, None)
        if attached and isinstance(attached.endpoint, Receiver):
            self._plane.dispatcher.detach(attached.endpoint.subqueue, attached.endpoint)
        if attached and not self._links:
            self._without_links_since = time.monotonic()

    def unused(self, now: float) -> Condition | None:
        """Why the connection ends, if it has had no link for too long."""
        limits = self._plane.limits
        allowed = limits.connection_idle if self._had_links else limits.first_link_wait
        if self._links or now - self._without_links_since < allowed:
            return None
        return conditions.idle_connection(allowed)

    def expire_tokens(self) -> None:
        """End the links whose tokens have expired."""
        for audience in self.tokens.expire(time.time()):
            for attached in self._living_by(audience):
                self._token_ended(attached)

    def expire_idle(self, now: float) -> None:
        """End the links on which nothing has happened for too long."""
        limit = self._plane.limits.link_idle
        for attached in self:
            if attached.node and now - attached.last_used >= limit:
                kind = attached.endpoint.kind
                self.detach(attached, conditions.idle_link(attached.wire.name, kind, limit))

    def replies(self, path: str) -> Iterator[ReplySource]:
        """The open links on which the client receives from the node at `path`."""
        for attached in self:
            if attached.path == path and isinstance(attached.endpoint, ReplySource):
                yield attached.endpoint

    def reply_sources(self) -> Iterator[ReplySource]:
        """All links that replies go out by."""
        return (each.endpoint for each in self if isinstance(each.endpoint, ReplySource))

    def _largest_message(self, attached: Attached) -> int:
        """`$cbs` announces none, either way (Azure/azure-sdk-for-python#37916, amqp/rhea#205)."""
        if attached.path == CBS:
            return _ANY_SIZE
        return 0 if attached.wire.gives else self._plane.limits.max_message_size

    def _admitted(self, wire: Wire) -> Attached:
        address = _address(wire)
        if self._plane.directory.path(address) == CBS:
            return Attached(wire, CBS, self._cbs(wire), time.monotonic())
        node = self._plane.directory.node(address)
        purpose = _purpose(wire, node)
        audience, caller = self._authenticate(node, purpose)
        if self._plane.shows_missing:
            self._look(caller, node, purpose)
        self._decide(caller, node, purpose)
        endpoint = self._serve(wire, node, purpose)
        return Attached(wire, node.path, endpoint, time.monotonic(), node, purpose, audience)

    def _authenticate(self, node: Node, purpose: Purpose) -> tuple[str, Caller]:
        found = self.tokens.covering(node.path)
        if found is None:
            self._plane.decider.turned_away(purpose.operation, f"no token for {node.resource}")
            raise Refusal(conditions.unproven(node.resource))
        return found

    def _look(self, caller: Caller, node: Node, purpose: Purpose) -> None:
        if node.kind is Kind.NOTHING:
            reason = f"there is no {node.resource}"
            self._plane.decider.turned_away(purpose.operation, reason, caller.name)
            raise Refusal(self._not_found(node))

    def _decide(self, caller: Caller, node: Node, purpose: Purpose) -> None:
        if not self._plane.decider.may_attach(caller, node, purpose):
            raise Refusal(conditions.unauthorized(_claim(node, purpose), node.resource))

    def _serve(self, wire: Wire, node: Node, purpose: Purpose) -> Endpoint:
        if node.kind is Kind.NOTHING or (purpose is Purpose.LISTEN and node.kind is Kind.TOPIC):
            raise Refusal(self._not_found(node))
        if node.transfer:
            raise Refusal(conditions.not_offered(not_offered.FORWARDING.what))
        if purpose is Purpose.MANAGE:
            return self._management(wire, node)
        if purpose is Purpose.SEND:
            return self._publisher(wire, node)
        if _SESSIONS in wire.filters:
            raise Refusal(conditions.no_sessions())
        return self._receiver(wire, node)

    def _publisher(self, wire: Wire, node: Node) -> Publisher:
        destination = self._plane.broker.destinations.get(node.scope.lower())
        if destination is None or node.dead:
            raise Refusal(conditions.not_for_sending(node.resource))
        limit, gives_ids = self._plane.limits.max_message_size, self._plane.gives_ids
        return Publisher(wire, destination, limit, gives_ids=gives_ids)

    def _receiver(self, wire: Wire, node: Node) -> Receiver:
        subqueue = self._subqueue(node)
        if subqueue is None:
            raise Refusal(self._not_found(node))
        where = self._plane.namespace.name, node.path
        receiver = Receiver(wire, subqueue, self._room, where)
        self._plane.dispatcher.attach(subqueue, receiver)
        return receiver

    def _management(self, wire: Wire, node: Node) -> Endpoint:
        if wire.gives:
            return ReplySource(wire, self._room, settled=True)
        subqueue, rules = self._subqueue(node), self._plane.directory.rules(node)
        management = Management(self._plane.namespace.name, node.path, subqueue, rules)
        answer = management_answer(node, self.tokens, self._plane.decider, management)
        limit = self._plane.limits.max_message_size
        return self._request_target(wire, node.path, answer, "Manage", limit)

    def _cbs(self, wire: Wire) -> Endpoint:
        if any(each.path == CBS and each.wire.gives == wire.gives for each in self):
            raise Refusal(conditions.cbs_open_already(self._connection))
        if wire.gives:
            return ReplySource(wire, self._room, settled=False)
        answer = cbs_answer(self.tokens, self._plane.directory, self._token_put)
        limit = self._plane.limits.max_token_request
        return self._request_target(wire, CBS, answer, "PutToken", limit)

    def _request_target(
        self, wire: Wire, path: str, answer: Answer, operation: str, limit: int
    ) -> RequestTarget:
        def turned_away(reason: str) -> None:
            self._refused += 1
            self._plane.decider.turned_away(operation, reason)

        return RequestTarget(
            wire, path, answer, self, self._room, limit=limit, turned_away=turned_away
        )

    def _subqueue(self, node: Node) -> Subqueue | None:
        entity = self._plane.broker.entities.get(node.scope.lower())
        if entity is None:
            return None
        return entity.dead if node.dead else entity.active

    def _not_found(self, node: Node) -> Condition:
        return conditions.not_found(node.resource, self._plane.namespace.name, node.path)

    def _token_put(self, audience: str) -> None:
        """Another token is in force: the links that live by this audience are decided anew."""
        _, caller = self.tokens.covering(audience) or (None, None)
        for attached in self._living_by(audience):
            if caller is None or not self._may_keep(caller, attached):
                self._token_ended(attached)

    def _may_keep(self, caller: Caller, attached: Attached) -> bool:
        if attached.node is None or attached.purpose is None:
            return True
        return self._plane.decider.may_keep(caller, attached.node, attached.purpose)

    def _living_by(self, audience: str) -> Iterator[Attached]:
        return (each for each in self if each.audience == audience)

    def _token_ended(self, attached: Attached) -> None:
        if attached.node and attached.purpose:
            claim, resource = _claim(attached.node, attached.purpose), attached.node.resource
            self.detach(attached, conditions.token_ended(attached.wire.name, claim, resource))


def _address(wire: Wire) -> str:
    """The address that a link is for. Raises Refusal."""
    if wire.is_coordinator:
        raise Refusal(conditions.not_offered(not_offered.COORDINATOR.what))
    if wire.is_dynamic:
        raise Refusal(conditions.not_offered(not_offered.DYNAMIC.what))
    return (wire.source if wire.gives else wire.target) or ""


def _purpose(wire: Wire, node: Node) -> Purpose:
    if node.management:
        return Purpose.MANAGE
    return Purpose.LISTEN if wire.gives else Purpose.SEND


def _claim(node: Node, purpose: Purpose) -> str:
    """What Azure calls the missing right; of `$management` the one that is most used there."""
    if purpose is Purpose.MANAGE:
        return "Send" if node.kind is Kind.TOPIC else "Listen"
    return str(purpose.value)
