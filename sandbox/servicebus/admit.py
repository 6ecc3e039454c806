"""The walk of a link (sandbox/walk.py): authenticate, name, decide, serve.

A link is admitted once, when it attaches. Its messages take no further decision, until a new token
replaces the one that admitted it (links.py).
"""

import time
from collections.abc import Callable
from functools import partial

from sandbox.entra import Caller
from sandbox.plane import Granted, Plane
from sandbox.rbac import Denied
from sandbox.refusal import Refusal
from sandbox.servicebus import errors, unsupported
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.context import BusContext
from sandbox.servicebus.endpoints import Backpressure, Publisher, Receiver
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.links import AttachedLink, Endpoint, Links
from sandbox.servicebus.management import Management
from sandbox.servicebus.name import (
    ATTACH_MANAGEMENT,
    ATTACH_RECEIVER,
    ATTACH_SENDER,
    CBS,
    EntityKind,
    NamedLink,
    Node,
    Operation,
    operation_of,
)
from sandbox.servicebus.nodes import (
    ReplySource,
    RequestTarget,
    Responder,
    cbs_responder,
    management_responder,
)
from sandbox.servicebus.serve.subqueue import Subqueue
from sandbox.walk import permit

_SESSIONS = "com.microsoft:session-filter"
_ANY_SIZE = 2**64 - 1
# An AMQP error has no number beside its condition.
_NO_STATUS = 0


class Admission(Plane[Link, NamedLink]):
    """The steps by which one connection's links are admitted, with the tokens put on it."""

    service = "bus"

    def __init__(
        self,
        context: BusContext,
        links: Links,
        backpressure: Backpressure,
        *,
        may_reply: Callable[[], bool],
        connection: str,
    ) -> None:
        """`may_reply` is that of RequestTarget, `connection` the container id, for errors."""
        self._context = context
        self._links = links
        self._tokens = links.tokens
        self._backpressure = backpressure
        self._may_reply = may_reply
        self._connection = connection
        self._refused = 0

    @property
    def refusals(self) -> int:
        """Return how many links, tokens and requests have been refused."""
        return self._refused + self._tokens.refusals

    def attach(self, link: Link) -> None:
        """Open a link, or refuse it with Azure's reason."""
        try:
            attached = self._admit(link)
        except Refusal as refusal:
            self._refused += 1
            link.refuse(Condition(refusal.code, refusal.message))
            return
        self._links.add(attached)
        link.open(self._max_message_size(attached))
        attached.endpoint.opened()

    def _admit(self, link: Link) -> AttachedLink:
        address = _address(link)
        # Tokens are put here, so it takes none.
        if self._context.directory.path(address) == CBS:
            return AttachedLink(link, CBS, self._cbs(link), time.monotonic())
        granted = permit(self, self._context.gate, link)
        endpoint, path = self.serve(link, granted), granted.named.node.path
        audience, _ = self._tokens.covering(path) or (None, None)
        return AttachedLink(link, path, endpoint, time.monotonic(), granted.named, audience)

    def authenticate(self, request: Link) -> Caller:
        """Return the caller whose token covers the link's address. Raises Refusal.

        The token is found by the address as text, before anything looks at the entities.
        """
        path, resource = self._context.directory.located(_address(request))
        found = self._tokens.covering(path)
        if found is None:
            raise _refusal(errors.unproven(resource), f"no token for {resource}")
        return found[1]

    def name(self, request: Link) -> NamedLink:
        """Return the node of the link's address, and the operation that attaches the link.

        Raises Refusal for a missing entity if existence comes first, and for a caller that is
        throttled.
        """
        if throttled := self._context.throttle(self.authenticate(request)):
            raise throttled
        node = self._context.directory.node(_address(request))
        if self._context.existence_first and node.kind is EntityKind.MISSING:
            raise _refusal(self._not_found(node), f"there is no {node.resource}")
        return NamedLink(node, self._operation(request))

    def deny(self, caller: Caller, named: NamedLink, denied: Denied) -> Refusal:
        """Return Azure's error for a missing right."""
        return _refusal(errors.unauthorized(named.claim, named.node.resource))

    def label(self, request: Link, step: str) -> str:
        """Return the operation that would attach the link: the audit knows no step of links."""
        return self._operation(request).name

    def serve(self, link: Link, granted: Granted[NamedLink]) -> Endpoint:
        """Return the endpoint of a link that is allowed. Raises Refusal."""
        node, operation = granted.named.node, granted.named.operation
        is_topic = node.kind is EntityKind.TOPIC
        if node.kind is EntityKind.MISSING or (is_topic and operation is ATTACH_RECEIVER):
            raise _refusal(self._not_found(node))
        if node.is_transfer:
            raise _refusal(errors.unsupported(unsupported.FORWARDING.feature))
        if operation is ATTACH_MANAGEMENT:
            return self._management(link, node)
        if operation is ATTACH_SENDER:
            return self._publisher(link, node, granted.caller)
        if _SESSIONS in link.filters:
            raise _refusal(errors.no_sessions())
        return self._receiver(link, node)

    def _operation(self, link: Link) -> Operation:
        path = self._context.directory.path(_address(link)) or ""
        return operation_of(path, is_sender=link.is_sender)

    def _max_message_size(self, attached: AttachedLink) -> int:
        """Return any size for `$cbs` (Azure/azure-sdk-for-python#37916, amqp/rhea#205)."""
        if attached.path == CBS:
            return _ANY_SIZE
        return 0 if attached.link.is_sender else self._context.limits.max_message_size

    def _publisher(self, link: Link, node: Node, caller: Caller) -> Publisher:
        destination = self._context.broker.destinations.get(node.scope.lower())
        if destination is None or node.is_dead_letters:
            raise _refusal(errors.not_for_sending(node.resource))

        def throttled() -> Condition | None:
            refusal = self._context.throttle(caller)
            if refusal is None:
                return None
            self._context.gate.refuse(self.service, "SendMessage", refusal.reason, caller.name)
            return Condition(refusal.code, refusal.message)

        return Publisher(
            link,
            destination,
            self._context.limits.max_message_size,
            assign_ids=self._context.assign_ids,
            throttled=throttled,
        )

    def _receiver(self, link: Link, node: Node) -> Receiver:
        subqueue = self._subqueue(node)
        if subqueue is None:
            raise _refusal(self._not_found(node))
        origin = self._context.namespace.name, node.path
        receiver = Receiver(link, subqueue, self._backpressure, origin)
        self._context.dispatcher.attach(subqueue, receiver)
        return receiver

    def _management(self, link: Link, node: Node) -> Endpoint:
        if link.is_sender:
            return ReplySource(link, self._backpressure, settled=True)
        subqueue, rules = self._subqueue(node), partial(self._context.directory.rules, node)
        management = Management(self._context.namespace.name, node.path, subqueue, rules)
        respond = management_responder(node, self._tokens, self._context.gate, management)
        limit = self._context.limits.max_message_size
        return self._request_target(link, node.path, respond, "Manage", limit)

    def _cbs(self, link: Link) -> Endpoint:
        """Return an endpoint of `$cbs`. Raises Refusal for a second one in its direction."""
        is_sender = link.is_sender
        if any(each.path == CBS and each.link.is_sender == is_sender for each in self._links):
            raise _refusal(errors.cbs_open_already(self._connection))
        if is_sender:
            return ReplySource(link, self._backpressure, settled=False)
        respond = cbs_responder(self._tokens, self._context.directory, self._links.on_token)
        limit = self._context.limits.max_token_request
        return self._request_target(link, CBS, respond, "PutToken", limit)

    def _request_target(
        self, link: Link, path: str, respond: Responder, operation: str, limit: int
    ) -> RequestTarget:
        def on_unread(reason: str) -> None:
            self._refused += 1
            self._context.gate.refuse(self.service, operation, reason)

        return RequestTarget(
            link, path, respond, self._links, self._may_reply, limit=limit, on_unread=on_unread
        )

    def _subqueue(self, node: Node) -> Subqueue | None:
        entity = self._context.broker.entities.get(node.scope.lower())
        if entity is None:
            return None
        return entity.dead_letters if node.is_dead_letters else entity.active

    def _not_found(self, node: Node) -> Condition:
        return errors.not_found(node.resource, self._context.namespace.name, node.path)


def _address(link: Link) -> str:
    """Return the address that a link is for. Raises Refusal for one without an address."""
    if link.is_coordinator:
        raise _refusal(errors.unsupported(unsupported.COORDINATOR.feature))
    if link.is_dynamic:
        raise _refusal(errors.unsupported(unsupported.DYNAMIC.feature))
    return (link.source if link.is_sender else link.target) or ""


def _refusal(condition: Condition, reason: str = "") -> Refusal:
    return Refusal(_NO_STATUS, condition.name, condition.description, reason)
