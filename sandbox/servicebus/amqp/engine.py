"""proton as an engine without I/O: bytes in, events out, bytes out.

Only this module, link.py and delivery.py touch proton. It is fed one frame at a time, so each
event belongs to the frame that was pushed last. Events are read from proton's C functions: for each
event, its Python binding wraps the delivery, link, session, connection and transport, which costs
more than all else that proton does for a message.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from cproton import (
    isnull,
    pn_collector_peek,
    pn_collector_pop,
    pn_delivery_aborted,
    pn_delivery_readable,
    pn_event_delivery,
    pn_event_link,
    pn_event_session,
    pn_event_type,
)
from proton import Collector, Event, ProtonException, Transport
from proton import Condition as ProtonCondition
from proton import Connection as ProtonConnection
from proton import Session as ProtonSession

from sandbox.servicebus.amqp import performatives
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.frames import MAX_FRAME_SIZE, Frame
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.amqp.sessions import Sessions
from sandbox.servicebus.errors import Condition

# As Azure announces them: Azure/azure-sdk-for-python#38629, azure-sdk-for-go#22406.
_CHANNEL_MAX = 4999
# proton announces half of it to the peer.
_IDLE_TIMEOUT = 240.0
# proton decodes a peer's fields only when they are read, and raises these for nonsense in them.
UNREADABLE = (ProtonException, UnicodeError, OverflowError)


class EventType(Enum):
    """The events of a connection that the bus reacts to."""

    OPEN = Event.CONNECTION_REMOTE_OPEN
    CLOSE = Event.CONNECTION_REMOTE_CLOSE
    BEGIN = Event.SESSION_REMOTE_OPEN
    END = Event.SESSION_REMOTE_CLOSE
    ATTACH = Event.LINK_REMOTE_OPEN
    DETACH = Event.LINK_REMOTE_DETACH
    CLOSE_LINK = Event.LINK_REMOTE_CLOSE
    FLOW = Event.LINK_FLOW
    DELIVERY = Event.DELIVERY
    ERROR = Event.TRANSPORT_ERROR


_EVENT_TYPES = {each.value.number: each for each in EventType}


@dataclass(frozen=True, slots=True)
class ProtocolEvent:
    """An event, with its session, link and delivery."""

    type: EventType
    session: Any = None
    link: Link | None = None
    delivery: Transfer | Disposition | None = None


class _Events(Collector):
    """The events of a connection, as proton's C functions know them."""

    def first(self) -> Any:
        """Return the first event, None if there is none."""
        event = pn_collector_peek(self._impl)
        return None if isnull(event) else event

    def drop(self) -> None:
        """Drop the first event."""
        pn_collector_pop(self._impl)


class Engine:
    """The protocol state of one connection. It answers only OPEN and BEGIN by itself.

    It `is_closed` once it has written its last byte.
    """

    def __init__(self) -> None:
        self._connection = ProtonConnection()
        self._collector = _Events()
        self._transport = Transport(Transport.SERVER)
        self._sessions = Sessions()
        self._links: dict[Any, Link] = {}
        self._open_sessions: set[Any] = set()
        self._written: list[bytes] = []
        self.is_closed = False
        # Azure's form, by which Microsoft's support finds a connection.
        self._connection.container = f"{secrets.token_hex(16)}_G0"
        self._connection.collect(self._collector)
        self._transport.max_frame_size = MAX_FRAME_SIZE
        self._transport.channel_max = _CHANNEL_MAX
        self._transport.idle_timeout = _IDLE_TIMEOUT
        sasl = self._transport.sasl()
        sasl.allowed_mechs("ANONYMOUS")
        self._transport.require_auth(False)
        self._transport.bind(self._connection)

    @property
    def link_count(self) -> int:
        """Return how many links the peer has open, refused ones included."""
        return len(self._links)

    @property
    def session_count(self) -> int:
        """Return how many sessions the peer has open."""
        return len(self._open_sessions)

    @property
    def container(self) -> str:
        """Return the container id of this side, which identifies the connection."""
        return str(self._connection.container)

    @property
    def error(self) -> str:
        """Return why proton closed the connection, in one line; empty if it did not."""
        condition = self._transport.condition
        return f"{condition.name}: {condition.description}" if condition else ""

    @property
    def requested_host(self) -> str:
        """Return the host that the peer's OPEN names, without a port."""
        name = str(self._connection.remote_hostname or "")
        return name.partition(":")[0].lower()

    @property
    def _peer_max_frame_size(self) -> int:
        return int(self._transport.remote_max_frame_size) or MAX_FRAME_SIZE

    def push(self, frame: Frame) -> Iterator[ProtocolEvent]:
        """Feed proton one frame. Yield the events that it causes. Raises FramingError."""
        view = self._sessions.incoming(frame) or b""
        while view:
            capacity = self._transport.capacity()
            if capacity <= 0:
                break
            self._transport.push(view[:capacity])
            view = view[capacity:]
        yield from self._events(frame.message_format)

    def output(self) -> bytes:
        """Return all bytes that are to go out now, in whole frames."""
        self.write()
        written, self._written = b"".join(self._written), []
        return performatives.outgoing(written, self._peer_max_frame_size, self._sessions.outgoing)

    def write(self) -> None:
        """Let proton write its frames. They are kept until `output` takes them."""
        while (size := self._transport.pending()) > 0:
            self._written.append(bytes(self._transport.peek(size) or b""))
            self._transport.pop(size)
        self.is_closed = size < 0

    def tick(self, now: float) -> None:
        """Let proton send its heartbeats, and notice missing ones."""
        self._transport.tick(now)

    def close(self, condition: Condition | None = None) -> None:
        """Close the connection, with a reason if there is one."""
        if condition:
            self._connection.condition = ProtonCondition(condition.name, condition.description)
        self._connection.open()
        self._connection.close()

    def free(self, link: Link) -> None:
        """Free a link that has ended."""
        self._links.pop(link.pointer, None)
        link.free()

    def free_session(self, session: Any) -> None:
        """Free a session that has ended, and its links."""
        for pointer, link in list(self._links.items()):
            if link.session == session:
                del self._links[pointer]
        self._open_sessions.discard(session)
        session.free()

    def _events(self, message_format: int | None) -> Iterator[ProtocolEvent]:
        while (of_proton := self._collector.first()) is not None:
            kind = _EVENT_TYPES.get(pn_event_type(of_proton))
            try:
                if kind and (event := self._event(kind, of_proton, message_format)):
                    yield event
            finally:
                # Only now: until it is dropped, the event keeps its delivery valid.
                self._collector.drop()

    def _event(
        self, kind: EventType, of_proton: Any, message_format: int | None
    ) -> ProtocolEvent | None:
        pointer = pn_event_link(of_proton)
        link = self._links.get(pointer)
        if kind is EventType.DELIVERY:
            delivery = pn_event_delivery(of_proton)
            return self._delivery(link, delivery, message_format) if link else None
        if kind is EventType.FLOW:
            return ProtocolEvent(kind, link=link) if link else None
        session = ProtonSession.wrap(  # type: ignore[no-untyped-call]
            pn_event_session(of_proton)
        )
        if kind is EventType.OPEN:
            self._connection.open()
        elif kind is EventType.BEGIN:
            self._begin(session)
        elif kind is EventType.END:
            session.close()
        elif kind is EventType.ATTACH:
            link = self._links[pointer] = Link(pointer, session)
        if link is None and not isnull(pointer):
            return None
        return ProtocolEvent(kind, session, link)

    def _begin(self, session: Any) -> None:
        # proton derives the session's window from this capacity, and enforces it.
        session.incoming_capacity = performatives.WINDOW * MAX_FRAME_SIZE
        session.open()
        self._open_sessions.add(session)
        # A client may send before it has read our BEGIN. proton opens the window by writing it.
        self.write()

    def _delivery(
        self, link: Link, delivery: Any, message_format: int | None
    ) -> ProtocolEvent | None:
        if link.is_sender:
            disposition = Disposition(delivery)
            return ProtocolEvent(EventType.DELIVERY, link=link, delivery=disposition)
        if not pn_delivery_readable(delivery) and not pn_delivery_aborted(delivery):
            return None
        if message_format is not None:
            link.message_format = message_format
        return ProtocolEvent(EventType.DELIVERY, link=link, delivery=Transfer(link, delivery))
