"""The sessions and links of a peer, tracked where proton is stricter than Azure.

- The SDK for Python numbers a session's deliveries without a lock. When several threads use one
  client, numbers come out of order, or twice. proton closes the connection for that. So deliveries
  get new numbers on their way to proton, and dispositions the old ones on their way back.
- go-amqp and others end sessions and links twice, and settle deliveries of ended links. proton
  closes the connection for an END, DETACH, FLOW or DISPOSITION without its channel or handle. Such
  a frame changes nothing, so it is dropped.
- The SDK for Python takes its credit back by the FLOW that drains a receiver, when it closes one.
  proton answers a drain only where credit is left. So it keeps the credit, and gives it back.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from sandbox.servicebus.amqp import encode, performatives
from sandbox.servicebus.amqp.decode import parts
from sandbox.servicebus.amqp.frames import Frame, FramingError
from sandbox.servicebus.amqp.performatives import (
    ATTACH,
    BEGIN,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    TRANSFER,
    Fields,
    is_true,
    number,
)

_SERIAL = 1 << 32
_ROLE, _FIRST, _LAST = 0, 1, 2
_ROLE_OF_LINK = 2
_HANDLE, _DELIVERY, _SETTLED, _MORE, _ABORTED = 0, 1, 4, 5, 9
_DELIVERY_COUNT, _CREDIT, _DRAIN = 5, 6, 8


@dataclass
class _Link:
    """A link under its handle: proton's number of its last delivery, and that delivery's flags.

    `receives` is the peer's role. `limit` is the delivery count up to which it has given credit.
    """

    limit: int | None = None
    receives: bool = False
    number: int | None = None
    more: bool = False
    settled: bool = False


@dataclass
class _Session:
    """`next` is the number that proton expects; `renumbered` maps our numbers to the peer's."""

    links: dict[int, _Link] = field(default_factory=dict)
    next: int | None = None
    renumbered: dict[int, int] = field(default_factory=dict)

    def begin_delivery(self, theirs: int | None) -> int:
        """Return the number that proton will give a delivery, and remember the peer's."""
        ours = self.next
        if ours is None:
            ours = theirs or 0
        self.next = (ours + 1) % _SERIAL
        if theirs is not None and theirs != ours:
            self.renumbered[ours] = theirs
        return ours


class Sessions:
    """The sessions of one connection, by the peer's channels."""

    def __init__(self) -> None:
        self._sessions: dict[int, _Session] = {}
        self._by_own_channel: dict[int, _Session] = {}

    def incoming(self, frame: Frame) -> bytes | None:
        """Return a frame from the peer as proton is to read it; None to drop it.

        Raises FramingError for a message on a link on which the peer receives.
        """
        if not BEGIN <= frame.code <= END:
            return frame.content
        channel = _channel(frame.content)
        if frame.code == BEGIN:
            self._sessions.setdefault(channel, _Session())
            return frame.content
        session = self._sessions.get(channel)
        if frame.code == END:
            return frame.content if self._sessions.pop(channel, None) else None
        if session is None:
            return None if frame.code in (FLOW, DETACH, DISPOSITION) else frame.content
        return _of_session(session, frame)

    def outgoing(self, frame: bytes, code: int, at: int) -> bytes:
        """Return a BEGIN, DISPOSITION or END of proton's as the peer is to read it.

        One frame may become several, or none: proton settles the rest of a session's deliveries
        after its END, which a strict client (go-amqp) takes for an error.
        """
        channel = _channel(frame)
        if code == BEGIN:
            remote = number(parts(frame, at)[0], 0)
            self._by_own_channel[channel] = self._sessions.get(remote or 0, _Session())
            return frame
        if code == END:
            self._by_own_channel.pop(channel, None)
            return frame
        session = self._by_own_channel.get(channel)
        if session is None:
            return b""
        return b"".join(_renumbered_back(session, frame, at)) if session.renumbered else frame


def _of_session(session: _Session, frame: Frame) -> bytes | None:
    code, fields = frame.code, frame.fields
    handle = number(fields, 1 if code == ATTACH else 4 if code == FLOW else _HANDLE)
    if code == DISPOSITION:
        # A sender's own dispositions come too late: each delivery is settled once it is whole.
        return frame.content if is_true(fields, _ROLE) else None
    if code == ATTACH and handle is not None:
        session.links.setdefault(handle, _Link()).receives = is_true(fields, _ROLE_OF_LINK)
    if code == FLOW and handle is not None:
        return _flow(session.links[handle], frame) if handle in session.links else None
    if code == DETACH:
        link = session.links.pop(-1 if handle is None else handle, None)
        if link and link.number is not None:
            session.renumbered.pop(link.number, None)
        return frame.content if link else None
    if code == TRANSFER and handle in session.links:
        return _transfer(session, session.links[handle], frame)
    return frame.content


def _flow(link: _Link, frame: Frame) -> bytes:
    """Return a FLOW, with the credit that is left if the peer drains the link.

    The sender of a drained link uses up its credit and sends its flow state (section 2.6.7).
    Service Bus does so (the frames in amqp/rhea#201), and not always at once (Azure/go-amqp#255).
    Where a drain without credit reaches it before the credit is used, no source has its answer.
    Its own flow state, as here, is the one that the section allows; without credit it has none.
    """
    count, credit = (number(frame.fields, each) or 0 for each in (_DELIVERY_COUNT, _CREDIT))
    if credit or link.limit is None or not is_true(frame.fields, _DRAIN):
        link.limit = (count + credit) % _SERIAL
        return frame.content
    left = encode.uint((link.limit - count) % _SERIAL)
    link.limit = None
    return performatives.with_fields(
        frame.content, frame.at, lambda own: [*own[:_CREDIT], left, *own[_CREDIT + 1 :]]
    )


def _transfer(session: _Session, link: _Link, frame: Frame) -> bytes:
    fields = frame.fields
    if link.receives:
        # proton would keep it, and nothing would ever read it.
        raise FramingError("a transfer on a link that receives")
    if not link.more:
        link.number = session.begin_delivery(number(fields, _DELIVERY))
        link.settled = False
    aborted = is_true(fields, _ABORTED)
    link.more = is_true(fields, _MORE) and not aborted
    link.settled = link.settled or aborted or is_true(fields, _SETTLED)
    if link.number is None or link.number not in session.renumbered:
        return frame.content
    if link.settled and not link.more:
        del session.renumbered[link.number]  # no disposition will follow
    ours = encode.uint(link.number)
    return performatives.with_fields(frame.content, frame.at, lambda own: [own[0], ours, *own[2:]])


def _renumbered_back(session: _Session, frame: bytes, at: int) -> Iterator[bytes]:
    """Yield a disposition for each delivery, under the peer's number, of proton's for a range."""
    fields, _ = parts(frame, at)
    first, last = number(fields, _FIRST), number(fields, _LAST)
    if not is_true(fields, _ROLE) or first is None:
        yield frame
        return
    for more in range(((first if last is None else last) - first) % _SERIAL + 1):
        ours = (first + more) % _SERIAL
        theirs = encode.uint(session.renumbered.pop(ours, ours))
        yield performatives.with_fields(frame, at, partial(_about, theirs))


def _about(delivery: bytes, fields: Fields) -> Fields:
    return [fields[_ROLE], delivery, delivery, *fields[_LAST + 1 :]]


def _channel(frame: bytes) -> int:
    return int.from_bytes(frame[6:8], "big")
