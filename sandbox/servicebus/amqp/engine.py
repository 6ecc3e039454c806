"""proton as an engine: bytes in, events out, bytes out. Nothing outside this module touches proton.

proton is pushed one frame at a time, so that an event belongs to the frame that was pushed last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from proton import Collector, Delivery, Event, Link, Terminus, Transport
from proton import Condition as ProtonCondition
from proton import Connection as ProtonConnection
from proton import Disposition as ProtonDisposition

from sandbox.servicebus.amqp.frames import MAX_FRAME_SIZE, Frame
from sandbox.servicebus.conditions import Condition

# As Azure announces them.
_CHANNEL_MAX = 4999
# proton tells the peer half of it.
_IDLE_TIMEOUT = 240.0
_TRANSACTIONAL = 0x34


class State(Enum):
    """What a peer says of a delivery."""

    ACCEPTED = ProtonDisposition.ACCEPTED
    REJECTED = ProtonDisposition.REJECTED
    RELEASED = ProtonDisposition.RELEASED
    MODIFIED = ProtonDisposition.MODIFIED
    TRANSACTIONAL = _TRANSACTIONAL
    NONE = 0


@dataclass(frozen=True)
class Verdict:
    """A peer's disposition of a delivery: its state and what it says with it."""

    state: State
    failed: bool = False
    undeliverable: bool = False
    condition: str = ""
    description: str = ""
    info: dict[str, object] | None = None
    annotations: dict[str, object] | None = None


class Wire:
    """One link as the peer opened it: `gives` if this side sends on it."""

    def __init__(self, link: Any, session: Any) -> None:
        self._link = link
        self.session = session
        self.message_format: int | None = None
        self.name = str(link.name)
        self.gives = bool(link.is_sender)
        self.source = _address(link.remote_source)
        self.target = _address(link.remote_target)
        self.is_coordinator = link.remote_target.type == Terminus.COORDINATOR
        self.is_dynamic = bool(link.remote_source.dynamic or link.remote_target.dynamic)
        self.filters = _filters(link.remote_source)
        self.settles_at_once = link.remote_snd_settle_mode == Link.SND_SETTLED

    @property
    def credit(self) -> int:
        """How many messages the other side may still send."""
        return int(self._link.credit)

    @property
    def queued(self) -> int:
        """How many messages wait for credit."""
        return int(self._link.queued)

    def open(self, max_message_size: int) -> None:
        """Attach as the peer asked."""
        link = self._link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.snd_settle_mode = link.remote_snd_settle_mode
        link.rcv_settle_mode = link.remote_rcv_settle_mode
        if not self.gives:
            link.max_message_size = max_message_size
        link.open()

    def refuse(self, condition: Condition) -> None:
        """Attach without source and target, as Azure does, then detach with the reason."""
        self._link.source.type = Terminus.UNSPECIFIED
        self._link.target.type = Terminus.UNSPECIFIED
        self._link.open()
        self.detach(condition)

    def detach(self, condition: Condition | None = None) -> None:
        """Close the link, with a reason if there is one."""
        if condition:
            self._link.condition = ProtonCondition(condition.name, condition.description)
        self._link.close()

    def let_go(self) -> None:
        """Answer a peer that detaches without closing."""
        self._link.detach()

    def free(self) -> None:
        """Let go of a link that both sides have closed."""
        self._link.free()

    def grant(self, credit: int) -> None:
        """Let the peer send that many more."""
        self._link.flow(credit)

    def send(self, content: bytes, tag: str, *, settled: bool) -> None:
        """Send one message, settled at once or when the peer has settled it."""
        delivery = self._link.delivery(tag)
        self._link.send(content)
        self._link.advance()
        if settled:
            delivery.settle()

    def drained(self) -> None:
        """Say that there is nothing more, if the peer wants to know."""
        if self._link.drain_mode:
            self._link.drained()


class Transfer:
    """A message that comes in, whole or in part."""

    def __init__(self, wire: Wire, delivery: Any) -> None:
        self.wire = wire
        self._delivery = delivery

    @property
    def is_whole(self) -> bool:
        """Whether no more of it is to come."""
        return not self._delivery.partial

    @property
    def is_aborted(self) -> bool:
        """Whether the sender has thought better of it."""
        return bool(self._delivery.aborted)

    @property
    def size(self) -> int:
        """How many bytes of it have come."""
        return int(self._delivery.pending)

    @property
    def in_transaction(self) -> bool:
        """Whether it is part of a transaction."""
        return int(self._delivery.remote_state) == _TRANSACTIONAL

    def take(self) -> tuple[bytes, int]:
        """Its content and its message-format; the link is then ready for the next."""
        content = bytes(self.wire._link.recv(self.size) or b"") if self.size else b""
        return content, self.drop()

    def discard(self) -> int:
        """Forget what has come so far; how many bytes it was."""
        return len(self.wire._link.recv(self.size) or b"") if self.size else 0

    def drop(self) -> int:
        """Leave it; its message-format."""
        self.wire._link.advance()
        message_format, self.wire.message_format = self.wire.message_format or 0, None
        return message_format

    def accept(self) -> None:
        """Tell the sender that it is stored."""
        if not self._delivery.settled:
            self._delivery.update(Delivery.ACCEPTED)
        self._delivery.settle()

    def reject(self, condition: Condition) -> None:
        """Tell the sender that it is not stored, and why."""
        _reject(self._delivery, condition)
        self._delivery.settle()


class Disposition:
    """What the peer says of a message that went out."""

    def __init__(self, wire: Wire, delivery: Any) -> None:
        self.wire = wire
        self._delivery = delivery
        self.tag = str(delivery.tag)
        self.is_settled = bool(delivery.settled)
        self.is_said = bool(delivery.remote_state) or self.is_settled

    @property
    def verdict(self) -> Verdict:
        """The peer's disposition."""
        remote = self._delivery.remote
        condition = remote.condition
        known = {each.value for each in State}
        number = int(self._delivery.remote_state)
        return Verdict(
            state=State(number) if number in known else State.NONE,
            failed=bool(remote.failed),
            undeliverable=bool(remote.undeliverable),
            condition=str(condition.name) if condition else "",
            description=str(condition.description or "") if condition else "",
            info=_texts(condition.info) if condition else None,
            annotations=_texts(remote.annotations),
        )

    def echo(self) -> None:
        """Say that what the peer said has been done."""
        local, remote = self._delivery.local, self._delivery.remote
        local.failed, local.undeliverable = bool(remote.failed), bool(remote.undeliverable)
        self._delivery.update(self._delivery.remote_state or Delivery.RELEASED)
        self._delivery.settle()

    def refuse(self, condition: Condition) -> None:
        """Say that what the peer said could not be done."""
        if not self.is_settled:
            _reject(self._delivery, condition)
        self._delivery.settle()


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

    def __init__(self, container: str) -> None:
        self._connection = ProtonConnection()
        self._collector = Collector()
        self._transport = Transport(Transport.SERVER)
        self._wires: dict[Any, Wire] = {}
        self._connection.container = container
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

    def push(self, frame: Frame) -> Iterator[Happening]:
        """Hand proton one frame; what happens by it."""
        view = frame.content
        while view:
            room = self._transport.capacity()
            if room <= 0:
                break
            self._transport.push(view[:room])
            view = view[room:]
        yield from self._happenings(frame.message_format)

    def end_of_input(self) -> Iterator[Happening]:
        """Tell proton that nothing more will come."""
        if self._transport.capacity() >= 0:
            self._transport.close_tail()
        yield from self._happenings(None)

    def output(self) -> bytes:
        """All that is to go out now."""
        pieces = []
        while (size := self._transport.pending()) > 0:
            pieces.append(bytes(self._transport.peek(size) or b""))
            self._transport.pop(size)
        return b"".join(pieces)

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
        session.free()

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
            event.session.open()
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


def _address(terminus: Any) -> str | None:
    return None if terminus.type == Terminus.UNSPECIFIED else str(terminus.address or "")


def _filters(terminus: Any) -> frozenset[str]:
    data = terminus.filter
    data.rewind()
    value = data.get_object() if data.next() else None
    return frozenset(map(str, value)) if isinstance(value, dict) else frozenset()


def _texts(value: Any) -> dict[str, object] | None:
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else None


def _reject(delivery: Any, condition: Condition) -> None:
    # The Python SDK reads the info of a rejection without looking whether there is one.
    info: Any = {"com.microsoft:tracking": condition.name}
    delivery.local.condition = ProtonCondition(condition.name, condition.description, info)
    delivery.update(Delivery.REJECTED)
