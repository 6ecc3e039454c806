"""The open links of one connection: added when admitted, ended by tokens, idleness or the peer."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.entra import Caller
from sandbox.rbac import Denied
from sandbox.servicebus import errors, limit_errors
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.authenticate import Tokens
from sandbox.servicebus.context import BusContext
from sandbox.servicebus.endpoints import Publisher, Receiver
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.name import NamedLink
from sandbox.servicebus.nodes import ReplySource, RequestTarget
from sandbox.servicebus.serve.session_queue import HeldSession
from sandbox.servicebus.session_links import SessionOpening

Endpoint = Publisher | Receiver | SessionOpening | RequestTarget | ReplySource


@dataclass(eq=False)
class AttachedLink:
    """An open link: the endpoint that serves it, and the admission that it lives by.

    `audience` is that of the token which admitted it. The links of `$cbs`, which need no right,
    have neither `named` nor `audience`.
    """

    link: Link
    path: str
    endpoint: Endpoint
    last_received: float
    named: NamedLink | None = None
    audience: str | None = None

    @property
    def last_used(self) -> float:
        """Return when the link last carried something, in either direction."""
        delivered = self.endpoint.delivered if isinstance(self.endpoint, Receiver) else 0.0
        return max(self.last_received, delivered)


class Links:
    """The open links of one connection, and the tokens that they live by."""

    def __init__(self, context: BusContext) -> None:
        self.tokens = Tokens(context.token_policy)
        self._context = context
        self._links: dict[Link, AttachedLink] = {}
        self._had_links = False
        self._without_links_since = time.monotonic()

    def __iter__(self) -> Iterator[AttachedLink]:
        """Yield the links that are open now; they may be ended meanwhile."""
        return iter(list(self._links.values()))

    def get(self, link: Link | None) -> AttachedLink | None:
        """Return the open link, and mark it as used."""
        attached = self._links.get(link) if link else None
        if attached:
            attached.last_received = time.monotonic()
        return attached

    def add(self, attached: AttachedLink) -> None:
        """Add a link that was admitted."""
        self._links[attached.link] = attached
        self._had_links = True

    def detach(self, attached: AttachedLink, condition: Condition) -> None:
        """End a link with a reason."""
        self.drop(attached.link)
        attached.link.detach(condition)

    def drop(self, link: Link) -> None:
        """Stop serving a link."""
        attached = self._links.pop(link, None)
        if attached and isinstance(attached.endpoint, Receiver):
            self._context.dispatcher.detach(attached.endpoint.source, attached.endpoint)
        if attached and isinstance(attached.endpoint, Receiver | SessionOpening):
            attached.endpoint.ended()
        if attached and not self._links:
            self._without_links_since = time.monotonic()

    def unused(self, now: float) -> Condition | None:
        """Return the error that ends the connection if it has had no link for too long."""
        limits = self._context.limits
        allowed = limits.connection_idle if self._had_links else limits.first_link_wait
        if self._links or now - self._without_links_since < allowed:
            return None
        return limit_errors.idle_connection(allowed)

    def expire_idle(self, now: float) -> None:
        """End the links that have been idle for too long. Those of `$cbs` may be."""
        limit = self._context.limits.link_idle
        for attached in self:
            if attached.named and now - attached.last_used >= limit:
                kind = attached.endpoint.kind
                self.detach(attached, limit_errors.idle_link(attached.link.name, kind, limit))

    def expire_tokens(self) -> None:
        """End the links whose tokens have expired."""
        for audience in self.tokens.expire(time.time()):
            for attached in self._living_by(audience):
                self._token_ended(attached)

    def on_token(self, audience: str) -> None:
        """Decide the links of an audience again: a new token for it has replaced the old one."""
        for attached in self._living_by(audience):
            self._decide(attached)

    def end_deleted(self) -> int:
        """End the links on entities that are gone, others, or disabled; return their number."""
        context, directory = self._context, self._context.directory
        gone = [
            each
            for each in self
            if each.named
            and (
                directory.node(each.named.node.path) != each.named.node
                or not directory.may_be_used(each.named.node, each.named.operation)
            )
        ]
        for each in gone:
            kind, name = each.endpoint.kind, context.namespace.name
            self.detach(each, errors.entity_closed(each.link.name, kind, name, each.path))
        return len(gone)

    def decide_again(self) -> int:
        """End the links that the roles no longer allow, before their tokens end.

        Return their number. Raises AuditError.
        """
        before = len(self._links)
        for attached in self:
            if attached.audience is not None:
                self._decide(attached)
        return before - len(self._links)

    def reply_sources(self, path: str) -> Iterator[ReplySource]:
        """Yield the open links on which the client receives from the node at `path`."""
        for attached in self:
            if attached.path == path and isinstance(attached.endpoint, ReplySource):
                yield attached.endpoint

    def held_session(self, path: str, name: str, link: object) -> HeldSession | None:
        """Return a session of the entity at `path` that one of the links holds.

        With the name of a `link`, it has to be that one.
        """
        for attached in self:
            if attached.path == path and isinstance(attached.endpoint, Receiver):
                held = attached.endpoint.session
                if held and held.name == name and link in {None, attached.link.name}:
                    return held
        return None

    def _decide(self, attached: AttachedLink) -> None:
        """End a link unless its token, or the one that has replaced it, still allows it."""
        _, caller = self.tokens.covering(attached.audience or "") or (None, None)
        if caller is None or not self._may_keep(caller, attached):
            self._token_ended(attached)

    def _may_keep(self, caller: Caller, attached: AttachedLink) -> bool:
        if attached.named is None:
            return True
        requirements = attached.named.requirements
        decision = self._context.gate.admit("bus", "RenewToken", caller, *requirements)
        return not isinstance(decision, Denied)

    def _living_by(self, audience: str) -> Iterator[AttachedLink]:
        return (each for each in self if each.audience == audience)

    def _token_ended(self, attached: AttachedLink) -> None:
        if named := attached.named:
            error = errors.token_ended(attached.link.name, named.claim, named.node.resource)
            self.detach(attached, error)
