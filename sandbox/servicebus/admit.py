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
from sandbox.servicebus.amqp.link import AttachedSession, Link
from sandbox.servicebus.context import BusContext
from sandbox.servicebus.endpoints import Backpressure, Publisher
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.link_endpoints import LinkEndpoints, link_refusal
from sandbox.servicebus.links import AttachedLink, Endpoint, Links
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
from sandbox.servicebus.serve.session_queue import HeldSession
from sandbox.servicebus.session_links import SessionOpening
from sandbox.walk import permit

_ANY_SIZE = 2**64 - 1


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
        self._endpoints = LinkEndpoints(
            context,
            links,
            backpressure,
            may_reply=may_reply,
            on_unread=self._on_unread,
            connection=connection,
        )
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
        if isinstance(attached.endpoint, SessionOpening):
            accepted = partial(self._accepted, attached)
            attached.endpoint.begin(accepted, partial(self._ended, attached))
            return
        link.open(self._max_message_size(attached))
        attached.endpoint.opened()

    def _accepted(self, attached: AttachedLink, session: HeldSession) -> None:
        """Open the link of a receiver that got its session."""
        attached.endpoint = self._endpoints.receiver_of(session, attached.link, attached.path)
        attached.link.open(0, AttachedSession(session.name, session.locked_until))
        self._context.dispatcher.mark_ready(session)
        self._backpressure.count_unsent(0)

    def _ended(self, attached: AttachedLink, condition: Condition) -> None:
        """End the link of a receiver that got no session, or has lost it."""
        if self._links.get(attached.link):
            self._links.detach(attached, condition)
            self._backpressure.count_unsent(0)

    def _admit(self, link: Link) -> AttachedLink:
        address = _address(link)
        # Tokens are put here, so it takes none.
        if self._context.directory.path(address) == CBS:
            return AttachedLink(link, CBS, self._endpoints.cbs(link), time.monotonic())
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
            raise link_refusal(errors.unproven(resource), f"no token for {resource}")
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
            raise link_refusal(self._not_found(node), f"there is no {node.resource}")
        return NamedLink(node, self._operation(request))

    def deny(self, caller: Caller, named: NamedLink, denied: Denied) -> Refusal:
        """Return Azure's error for a missing right."""
        return link_refusal(errors.unauthorized(named.claim, named.node.resource))

    def label(self, request: Link, step: str) -> str:
        """Return the operation that would attach the link: the audit knows no step of links."""
        return self._operation(request).name

    def serve(self, link: Link, granted: Granted[NamedLink]) -> Endpoint:
        """Return the endpoint of a link that is allowed. Raises Refusal."""
        node, operation = granted.named.node, granted.named.operation
        is_topic = node.kind is EntityKind.TOPIC
        if node.kind is EntityKind.MISSING or (is_topic and operation is ATTACH_RECEIVER):
            raise link_refusal(self._not_found(node))
        if node.is_transfer:
            raise link_refusal(errors.unsupported(unsupported.FORWARDING.feature))
        if error := self._endpoints.unusable(node, operation):
            raise link_refusal(error)
        if operation is ATTACH_MANAGEMENT:
            return self._endpoints.management(link, node, granted.caller)
        if operation is ATTACH_SENDER:
            return self._endpoints.publisher(link, node, granted.caller)
        return self._endpoints.receiver(link, node)

    def _operation(self, link: Link) -> Operation:
        path = self._context.directory.path(_address(link)) or ""
        return operation_of(path, is_sender=link.is_sender)

    def _max_message_size(self, attached: AttachedLink) -> int:
        """Return any size for `$cbs` (Azure/azure-sdk-for-python#37916, amqp/rhea#205)."""
        if attached.path == CBS:
            return _ANY_SIZE
        if isinstance(attached.endpoint, Publisher):
            return attached.endpoint.max_message_size
        named = attached.named
        if attached.link.is_sender or named is None:
            return 0
        return self._context.directory.max_message_size(named.node)

    def _on_unread(self, operation: str, reason: str) -> None:
        """Count and record a request that was not even read."""
        self._refused += 1
        self._context.gate.refuse(self.service, operation, reason)

    def _not_found(self, node: Node) -> Condition:
        return errors.not_found(node.resource, self._context.namespace.name, node.path)


def _address(link: Link) -> str:
    """Return the address that a link is for. Raises Refusal for one without an address."""
    if link.is_coordinator:
        raise link_refusal(errors.unsupported(unsupported.COORDINATOR.feature))
    if link.is_dynamic:
        raise link_refusal(errors.unsupported(unsupported.DYNAMIC.feature))
    return (link.source if link.is_sender else link.target) or ""
