"""One client's connection: bytes in and out, slices of work, and the clocks that can end it."""

import asyncio
import logging
import sqlite3
import time

from sandbox.audit import AuditError
from sandbox.servicebus import conditions
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.engine import Engine, Happening, Moment
from sandbox.servicebus.amqp.frames import Frames, FramingError
from sandbox.servicebus.amqp.wire import Wire
from sandbox.servicebus.conditions import Condition
from sandbox.servicebus.links import Publisher, Receiver
from sandbox.servicebus.nodes import ReplySource, RequestTarget
from sandbox.servicebus.outlet import Outlet
from sandbox.servicebus.plane import Plane
from sandbox.servicebus.walk import Attached, Walk

_LOG = logging.getLogger(__name__)

# One client's flood is worked off in slices, between which the others have their turn.
_FRAMES_A_SLICE = 64
_READ_AHEAD = 256 * 1024
_WRITE_AHEAD = 256 * 1024


class Connection:
    """A client's connection. Its owner feeds it; it answers when its turn ends."""

    def __init__(self, plane: Plane, outlet: Outlet) -> None:
        self._plane = plane
        self._outlet = outlet
        self._loop = asyncio.get_running_loop()
        self._engine = Engine()
        self._frames = Frames()
        self._walk = Walk(plane, self)
        self._began = time.monotonic()
        self._proven = self._closing = False
        self._expiry: asyncio.TimerHandle | None = None
        self._expires_at: float | None = None
        self._working = self._reading_paused = self._writing_paused = self._ended = False
        self._unsent = 0

    @property
    def has_room(self) -> bool:
        """Whether the client reads fast enough to be sent more."""
        return not self._ended and not self._writing_paused and self._unsent <= _WRITE_AHEAD

    def sent(self, size: int) -> None:
        """So many bytes more are on their way."""
        self._unsent += size
        self._plane.turn.touch(self)

    def feed(self, data: bytes) -> None:
        """Bytes have come in."""
        self._frames.feed(data)
        if len(self._frames) > _READ_AHEAD and not self._reading_paused:
            self._reading_paused = True
            self._outlet.pause_reading()
        if not self._working:
            self._work()

    def lost(self) -> None:
        """The client has gone."""
        self._ended = True
        for attached in self._walk:
            self._walk.drop(attached.wire)
        if self._expiry:
            self._expiry.cancel()

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """The client has caught up, if it was behind."""
        if not self._writing_paused:
            return
        self._writing_paused = False
        self._wake_receivers()

    def flush(self) -> None:
        """Send what is to go out: what it tells of has been committed."""
        if self._ended:
            return
        if data := self._engine.output():
            self._outlet.write(data)
        was_full, self._unsent = self._unsent > _WRITE_AHEAD, 0
        if self._engine.is_closed:
            self._ended = True
            self._outlet.close()
        elif was_full and not self._writing_paused:
            self._wake_receivers()

    def abort(self) -> None:
        """Send nothing more, and end."""
        if not self._ended:
            self.lost()
            self._outlet.abort()

    def stop(self) -> None:
        """Tell the client that the bus ends."""
        self._close(conditions.stopping())

    def tick(self) -> None:
        """Look at the clock, every second or so."""
        if self._ended:
            return
        now = time.monotonic()
        self._engine.tick(now)
        self._walk.expire_idle(now)
        self._end_if_unused(now)
        self._plane.turn.touch(self)

    def _work(self) -> None:
        """A slice of what has come in; the rest after the others."""
        self._working = False
        if self._ended:
            return
        worked = 0
        self._walk.expire_tokens()
        try:
            for frame in self._frames.take(_FRAMES_A_SLICE):
                worked += 1
                for happening in self._engine.push(frame):
                    self._on(happening)
        except FramingError as error:
            self._close(Condition("amqp:connection:framing-error", str(error)))
        except sqlite3.Error:
            self._plane.turn.broken()
        except AuditError as error:
            _LOG.error("the bus cannot put on record what it is asked: %s", error)
            self.abort()
        except Exception:
            _LOG.exception("A connection to the bus failed")
            self.abort()
        self._watch_expiry()
        self._plane.turn.touch(self)
        self._go_on(more=worked == _FRAMES_A_SLICE)

    def _go_on(self, *, more: bool) -> None:
        if more:
            self._working = True
            self._loop.call_soon(self._work)
        elif self._reading_paused:
            self._reading_paused = False
            self._outlet.resume_reading()

    def _on(self, happening: Happening) -> None:
        if self._closing:
            return
        wire, attached = happening.wire, self._walk.get(happening.wire)
        match happening.moment:
            case Moment.OPEN:
                self._opened()
            case Moment.ATTACH if wire:
                self._walk.attach(wire)
            case Moment.DETACH | Moment.CLOSE_LINK if wire:
                self._detached(wire, closed=happening.moment is Moment.CLOSE_LINK)
            case Moment.FLOW if attached:
                self._wake(attached)
            case Moment.DELIVERY if attached:
                self._delivered(attached, happening.delivery)
            case Moment.END:
                self._session_ended(happening)
            case Moment.CLOSE:
                self._engine.close()
            case _:
                pass

    def _opened(self) -> None:
        """Whoever comes by an address of the machine's still says which namespace is meant."""
        host, meant = self._plane.namespace.host.lower(), self._engine.meant_host
        if meant and meant != host:
            self._close(conditions.not_found(f"sb://{meant}", meant.partition(".")[0], "/"))

    def _detached(self, wire: Wire, *, closed: bool) -> None:
        self._walk.drop(wire)
        if closed:
            wire.detach()
        else:
            wire.let_go()
        self._engine.forget(wire)

    def _session_ended(self, happening: Happening) -> None:
        for attached in self._walk:
            if attached.wire.session == happening.session:
                self._walk.drop(attached.wire)
        self._engine.forget_session(happening.session)

    def _delivered(self, attached: Attached, delivery: Transfer | Disposition | None) -> None:
        endpoint = attached.endpoint
        if isinstance(delivery, Transfer) and isinstance(endpoint, Publisher | RequestTarget):
            if condition := endpoint.on_transfer(delivery):
                self._walk.detach(attached, condition)
        elif isinstance(delivery, Disposition) and isinstance(endpoint, Receiver | ReplySource):
            endpoint.on_disposition(delivery)

    def _wake(self, attached: Attached) -> None:
        if isinstance(attached.endpoint, Receiver):
            self._plane.dispatcher.mark(attached.endpoint.subqueue)

    def _wake_receivers(self) -> None:
        for attached in self._walk:
            self._wake(attached)
        self._plane.turn.touch(self)

    def _watch_expiry(self) -> None:
        """Be there when the next token expires."""
        ends = None if self._ended else self._walk.tokens.next_expiry()
        if ends == self._expires_at:
            return
        self._proven = True
        if self._expiry:
            self._expiry.cancel()
        self._expires_at = ends
        if ends is not None:
            self._expiry = self._loop.call_later(max(ends - time.time(), 0.0), self._expire)

    def _expire(self) -> None:
        self._expires_at = None
        self._walk.expire_tokens()
        self._watch_expiry()
        self._plane.turn.touch(self)

    def _end_if_unused(self, now: float) -> None:
        patience = self._plane.limits.token_wait
        if not self._proven and now - self._began >= patience:
            self._close(conditions.no_token(patience))
        elif condition := self._walk.unused(now):
            self._close(condition)

    def _close(self, condition: Condition) -> None:
        for attached in self._walk:
            self._walk.drop(attached.wire)
        self._closing = True
        self._engine.close(condition)
        self._plane.turn.touch(self)
