"""The client of a connection: its events, its tokens and links, and the limits on it."""

import logging
import time

from sandbox.printable import printable
from sandbox.servicebus import errors, limit_errors
from sandbox.servicebus.admit import Admission
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.engine import Engine, EventType, ProtocolEvent
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.context import BusContext
from sandbox.servicebus.endpoints import Backpressure, Publisher, Receiver
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.limits import ConnectionUsage
from sandbox.servicebus.links import AttachedLink, Links
from sandbox.servicebus.nodes import ReplySource, RequestTarget

_LOG = logging.getLogger(__name__)


class Client:
    """One client's side of the protocol, without its bytes. The connection feeds it events."""

    def __init__(self, context: BusContext, engine: Engine, backpressure: Backpressure) -> None:
        self._context = context
        self._engine = engine
        self.links = Links(context)
        self._admission = Admission(
            context,
            self.links,
            backpressure,
            may_reply=self.may_reply,
            connection=engine.container,
        )
        self._usage = ConnectionUsage(context.limits.before_token)
        self._connected = time.monotonic()
        self.is_authenticated = False
        self.is_closing = False

    def on_event(self, event: ProtocolEvent) -> None:
        """React to an event of the protocol."""
        if self.is_closing:
            return
        # A link that was refused or has ended is no longer attached, but its frames still come.
        link, attached = event.link, self.links.get(event.link)
        match event.type:
            # Those of each message come first: each case that does not match costs time.
            case EventType.FLOW if attached:
                self._wake(attached)
            case EventType.DELIVERY if attached:
                self._delivered(attached, event.delivery)
            case EventType.DELIVERY if link and isinstance(event.delivery, Transfer):
                self._ignored(link, event.delivery)
            case EventType.OPEN:
                self._opened()
            case EventType.ATTACH if link:
                self._admission.attach(link)
            case EventType.DETACH | EventType.CLOSE_LINK if link:
                self._detached(link, closed=event.type is EventType.CLOSE_LINK)
            case EventType.END:
                self._session_ended(event)
            case EventType.CLOSE:
                self._engine.close()
            case EventType.ERROR:
                _LOG.warning("The bus closed a connection: %s", printable(self._engine.error))
            case _:
                pass

    def may_reply(self) -> bool:
        """Return whether the replies that wait for credit leave room for another."""
        # A reply waits for credit until proton has written it.
        self._engine.write()
        sources = (each.endpoint for each in self.links)
        waiting = sum(each.waiting for each in sources if isinstance(each, ReplySource))
        return self._usage.set("replies", waiting)

    def wake(self) -> None:
        """Let all links send again: the client has caught up."""
        for attached in self.links:
            self._wake(attached)

    def count_for_principal(self) -> None:
        """Count the usage for the principal of the first token, once there is one."""
        if not self.is_authenticated and (principal := self.links.tokens.principal):
            self.is_authenticated = True
            self._usage.join(self._context.usage_of(principal))

    def tick(self, now: float) -> None:
        """End idle links, and a connection without a token or a link for too long."""
        self.links.expire_idle(now)
        wait = self._context.limits.token_wait
        if not self.is_authenticated and now - self._connected >= wait:
            self.close(limit_errors.no_token(wait))
        elif condition := self.links.unused(now):
            self.close(condition)

    def check_usage(self) -> None:
        """Close a connection that holds too much, or that has been refused too often."""
        if self.is_closing:
            return
        condition = self._usage.exceeded(self._engine.session_count, self._engine.link_count)
        refusals = self._admission.refusals
        if not self.is_authenticated and refusals > self._context.limits.refusals_before_token:
            condition = limit_errors.refused_too_often(refusals)
        if condition:
            self.refuse(condition)

    def refuse(self, condition: Condition) -> None:
        """Close the connection because of the client's own fault, with a line in the log."""
        reason = printable(f"{condition.name}: {condition.description}")
        _LOG.warning("The bus closed a connection: %s", reason)
        self.close(condition)

    def close(self, condition: Condition) -> None:
        """Close the connection with a reason."""
        self._drop_links()
        self.is_closing = True
        self._engine.close(condition)

    def disconnect(self) -> None:
        """Release everything: the client is gone."""
        self._usage.release()
        self._drop_links()

    def _drop_links(self) -> None:
        for attached in self.links:
            self.links.drop(attached.link)

    def _opened(self) -> None:
        """Refuse a client that names another namespace. It may have connected by IP address."""
        host, requested = self._context.namespace.host.lower(), self._engine.requested_host
        if requested and requested != host:
            namespace = requested.partition(".")[0]
            self.close(errors.not_found(f"sb://{requested}", namespace, "/"))

    def _detached(self, link: Link, *, closed: bool) -> None:
        self.links.drop(link)
        self._usage.set_unfinished(link)
        if closed:
            link.detach()
        else:
            link.answer_detach()
        self._engine.free(link)

    def _session_ended(self, event: ProtocolEvent) -> None:
        for attached in self.links:
            if attached.link.session == event.session:
                self.links.drop(attached.link)
        self._usage.release_session(event.session)
        self._engine.free_session(event.session)

    def _delivered(self, attached: AttachedLink, delivery: Transfer | Disposition | None) -> None:
        endpoint = attached.endpoint
        if isinstance(delivery, Transfer) and isinstance(endpoint, Publisher | RequestTarget):
            ends = delivery.is_whole or delivery.is_aborted
            condition = endpoint.on_transfer(delivery)
            size = 0 if ends else delivery.size
            if not self._usage.set_unfinished(attached.link, size) and not condition:
                condition = limit_errors.unfinished(self._usage.quota.unfinished)
            if condition:
                self.links.detach(attached, condition)
                self._usage.set_unfinished(attached.link)
        elif isinstance(delivery, Disposition) and isinstance(endpoint, Receiver | ReplySource):
            endpoint.on_disposition(delivery)

    def _ignored(self, link: Link, transfer: Transfer) -> None:
        """Discard the bytes that come on a link that was refused or has ended."""
        if not self._usage.add_unfinished(link, transfer.ignore()):
            self.refuse(limit_errors.unfinished(self._usage.quota.unfinished))

    def _wake(self, attached: AttachedLink) -> None:
        if isinstance(attached.endpoint, Receiver):
            self._context.dispatcher.mark_ready(attached.endpoint.source)
        elif isinstance(attached.endpoint, ReplySource):
            self.may_reply()
