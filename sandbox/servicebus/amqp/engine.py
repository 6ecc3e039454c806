"""proton as an engine: bytes in, events out, bytes out.

Nothing outside this module, wire.py and delivery.py touches proton. It is pushed one frame at a
time, so that an event belongs to the frame that was pushed last.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from proton import Collector, Event, ProtonException, Transport
from proton import Condition as ProtonCondition
from proton import Connection as ProtonConnection

from sandbox.servicebus.amqp import performatives
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.frames import MAX_FRAME_SIZE, Frame
from sandbox.servicebus.amqp.sessions import Sessions
from sandbox.servicebus.amqp.wire import Wire
from sandbox.servicebus.conditions import Condition

# As Azure announces them: Azure/azure-sdk-for-python#38629, azure-sdk-for-go#22406.
_CHANNEL_MAX = 4999
# proton tells the peer half of it.
_IDLE_TIMEOUT = 240.0
# What proton raises when it is asked for what a peer said and the peer said nonsense.
UNREADABLE = (ProtonException, UnicodeError, OverflowError)


class Moment(Enum):
    """What can happen on a connection."""

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


_MOMENTS = {each.value.number: each for each in Moment}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, with the link and the delivery that it is about."""

    moment: Moment
    session: Any = None
    wire: Wire | None = None
    delivery: Transfer | Disposition | None = None


class Engine:
    """One connection's protocol state. It answers OPEN and BEGIN itself, no more."""

    def __init__(self) -> None:
        self._connection = ProtonConnection()
        self._collector = Collector()
        self._transport = Transport(Transport.SERVER)
        self._sessions = Sessions()
        self._wires: dict[Any, Wire] = {}
        self._open: set[Any] = set()
        self._written: list[bytes] = []
        # In this form, by which Microsoft's support finds a connection again.
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
    def is_closed(self) -> bool:
        """Whether nothing more will go out."""
        return int(self._transport.pending()) < 0

    @property
    def links(self) -> int:
        """How many links the peer has open, those that were refused it among them."""
        return len(self._wires)

    @property
    def sessions(self) -> int:
        """How many sessions the peer has open."""
        return len(self._open)

    @property
    def container(self) -> str:
        """How this side calls itself, by which a connection is found again."""
        return str(self._connection.container)

    @property
    def error(self) -> str:
        """Why proton gave the peer up, in one line; empty if it did not."""
        condition = self._transport.condition
        return f"{condition.name}: {condition.description}" if condition else ""

    @property
    def meant_host(self) -> str:
        """The host that the peer's OPEN names, without a port."""
        name = str(self._connection.remote_hostname or "")
        return name.partition(":")[0].lower()

    @property
    def _largest(self) -> int:
        """The size of the largest frame that the peer takes; 0 stands for any."""
        return int(self._transport.remote_max_frame_size) or MAX_FRAME_SIZE

    def push(self, frame: Frame) -> Iterator[Happening]:
        """Hand proton one frame; what happens by it."""
        view = self._as_proton_takes_it(frame.content)
        while view:
            room = self._transport.capacity()
            if room <= 0:
                break
            self._transport.push(view[:room])
            view = view[room:]
        yield from self._happenings(frame.message_format)

    def output(self) -> bytes:
        """All that is to go out now, in whole frames."""
        self.write()
        written, self._written = b"".join(self._written), []
        return performatives.outgoing(written, self._largest, self._sessions.outgoing)

    def write(self) -> None:
        """Let proton write what it has to say; it is kept until it may go out."""
        while (size := self._transport.pending()) > 0:
            self._written.append(bytes(self._transport.peek(size) or b""))
            self._transport.pop(size)

    def tick(self, now: float) -> None:
        """Let proton send heartbeats, and notice that none come."""
        self._transport.tick(now)

    def close(self, condition: Condition | None = None) -> None:
        """Close the connection, with a reason if there is one."""
        if condition:
            self._connection.condition = ProtonCondition(condition.name, condition.description)
        self._connection.open()
        self._connection.close()

    def forget(self, wire: Wire) -> None:
        """Let go of a link."""
        self._wires.pop(wire._link, None)
        wire.free()

    def forget_session(self, session: Any) -> None:
        """Let go of a session that has ended, and of its links."""
        for link, wire in list(self._wires.items()):
            if wire.session == session:
                del self._wires[link]
        self._open.discard(session)
        session.free()

    def _as_proton_takes_it(self, frame: bytes) -> bytes:
        try:
            return self._sessions.incoming(frame) or b""
        except MalformedError:
            return frame  # proton will say so

    def _happenings(self, message_format: int | None) -> Iterator[Happening]:
        while event := self._collector.peek():
            moment = _MOMENTS.get(event.type.number)
            happening = self._happening(moment, event, message_format) if moment else None
            self._collector.pop()
            if happening:
                yield happening

    def _happening(
        self, moment: Moment, event: Any, message_format: int | None
    ) -> Happening | None:
        if moment is Moment.OPEN:
            self._connection.open()
        elif moment is Moment.BEGIN:
            # proton makes the window of it, keeps a peer to it, and moves it on.
            event.session.incoming_capacity = performatives.WINDOW * MAX_FRAME_SIZE
            event.session.open()
            self._open.add(event.session)
            # A client need not wait: to proton there is a window once it has been written.
            self.write()
        elif moment is Moment.END:
            event.session.close()
        elif moment is Moment.ATTACH:
            self._wires[event.link] = Wire(event.link, event.session)
        wire = self._wires.get(event.link) if event.link else None
        if moment is Moment.DELIVERY and wire:
            return self._delivery(wire, event.delivery, message_format)
        if wire is None and event.link:
            return None
        return Happening(moment, event.session, wire)

    def _delivery(self, wire: Wire, delivery: Any, message_format: int | None) -> Happening | None:
        if wire.gives:
            return Happening(Moment.DELIVERY, wire=wire, delivery=Disposition(wire, delivery))
        if not delivery.readable and not delivery.aborted:
            return None
        if message_format is not None:
            wire.message_format = message_format
        return Happening(Moment.DELIVERY, wire=wire, delivery=Transfer(wire, delivery))
