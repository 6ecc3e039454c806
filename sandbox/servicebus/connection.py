"""One client's connection: bytes in and out, slices of work, and the clocks that can end it."""

import asyncio
import logging
import sqlite3
import time

from sandbox.audit import AuditError
from sandbox.printable import printable
from sandbox.servicebus import conditions
from sandbox.servicebus.account import Holdings
from sandbox.servicebus.amqp.delivery import Disposition, Transfer
from sandbox.servicebus.amqp.engine import UNREADABLE, Engine, Happening, Moment
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
_BYTES_A_SLICE = 64 * 1024
_READ_AHEAD = 256 * 1024
_WRITE_AHEAD = 256 * 1024
# A client that does not read is not heard either, once so much waits for it.
_UNREAD_AT_MOST = 1024 * 1024
# In seconds: how long a client may take to read why its connection was closed.
_FAREWELL = 5.0


class Connection:
    """A client's connection. Its owner feeds it; it answers when its turn ends."""

    def __init__(self, plane: Plane, outlet: Outlet) -> None:
        self._plane = plane
        self._outlet = outlet
        self._loop = asyncio.get_running_loop()
        self._engine = Engine()
        self._frames = Frames()
        self._walk = Walk(plane, self, self._engine.container)
        self._holdings = Holdings(plane.limits.before_token)
        self._began = time.monotonic()
        self._proven = self._closing = False
        self._expiry: asyncio.TimerHandle | None = None
        self._expires_at: float | None = None
        self._working = self._reading_paused = self._writing_paused = self._ended = False
        self._unsent = self._unread = 0
        self._ended_at = 0.0

    @property
    def is_proven(self) -> bool:
        """Tell whether a valid token has been put."""
        return self._proven

    @property
    def has_room(self) -> bool:
        """Whether the client reads fast enough to be sent more."""
        return not self._ended and not self._writing_paused and self._unsent <= _WRITE_AHEAD

    def sent(self, size: int) -> None:
        """So many bytes more are on their way."""
        self._unsent += size
        self._plane.turn.touch(self)

    def takes_replies(self) -> bool:
        """Tell whether the client's waiting replies leave room for another."""
        # What has credit has to be written before it is seen to wait no more.
        self._engine.write()
        waiting = sum(each.waiting for each in self._walk.reply_sources())
        return self._holdings.hold("replies", waiting)

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
        self._holdings.leave()
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
        self._unread = 0
        self._wake_receivers()
        if not self._working:
            self._work()

    def flush(self) -> None:
        """Send what is to go out: what it tells of has been committed."""
        if self._ended:
            return
        if data := self._engine.output():
            self._outlet.write(data)
            self._unread += len(data) if self._writing_paused else 0
        was_full, self._unsent = self._unsent > _WRITE_AHEAD, 0
        if self._engine.is_closed:
            self._ended, self._ended_at = True, time.monotonic()
            self._outlet.close()
        elif was_full and not self._writing_paused:
            self._wake_receivers()

    def abort(self) -> None:
        """Send nothing more, and end."""
        if not self._ended:
            self.lost()
            self._outlet.abort()

    def give_up(self) -> None:
        """Close a connection without a token, for newer ones."""
        self._close(conditions.crowded_out(self._plane.limits.max_without_token))

    def stop(self) -> None:
        """Tell the client that the bus ends."""
        self._close(conditions.stopping())

    def tick(self) -> None:
        """Look at the clock, every second or so."""
        now = time.monotonic()
        if self._ended:
            if now - self._ended_at >= _FAREWELL:
                self._outlet.abort()
            return
        self._engine.tick(now)
        self._walk.expire_idle(now)
        self._end_if_unused(now)
        self._plane.turn.touch(self)

    def _work(self) -> None:
        """A slice of what has come in; the rest after the others."""
        self._working = False
        if self._ended or self._unread > _UNREAD_AT_MOST:
            return
        more = False
        self._walk.expire_tokens()
        try:
            more = self._slice()
        except FramingError as error:
            self._refuse(Condition("amqp:connection:framing-error", str(error)))
        except UNREADABLE as error:
            self._refuse(Condition("amqp:decode-error", f"what was sent is no text: {error}"))
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
        self._go_on(more=more)

    def _slice(self) -> bool:
        """Work off some frames; whether there may be more, for which the time is not yet."""
        frames = size = 0
        self._frames.is_trusted = self._proven
        for frame in self._frames.take(_FRAMES_A_SLICE):
            frames, size = frames + 1, size + len(frame.content)
            for happening in self._engine.push(frame):
                self._on(happening)
            self._count_held()
            if size >= _BYTES_A_SLICE or self._unsent > _WRITE_AHEAD:
                return True
        return frames == _FRAMES_A_SLICE

    def _count_held(self) -> None:
        """Give a client up that holds more than it may, or that has been refused too often."""
        if self._ended or self._closing:
            return
        objection = self._holdings.objection(self._engine.sessions, self._engine.links)
        refusals = self._walk.refusals
        if not self._proven and refusals > self._plane.limits.refusals_before_token:
            objection = conditions.refused_too_often(refusals)
        if objection:
            self._refuse(objection)

    def _refuse(self, condition: Condition) -> None:
        """Close the connection for what the client did: one line in the log."""
        said = printable(f"{condition.name}: {condition.description}")
        _LOG.warning("The bus closed a connection: %s", said)
        self._close(condition)

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
            case Moment.DELIVERY if wire and isinstance(happening.delivery, Transfer):
                self._ignored(wire, happening.delivery)
            case Moment.END:
                self._session_ended(happening)
            case Moment.CLOSE:
                self._engine.close()
            case Moment.ERROR:
                _LOG.warning("The bus closed a connection: %s", printable(self._engine.error))
            case _:
                pass

    def _opened(self) -> None:
        """Whoever comes by an address of the machine's still says which namespace is meant."""
        host, meant = self._plane.namespace.host.lower(), self._engine.meant_host
        if meant and meant != host:
            self._close(conditions.not_found(f"sb://{meant}", meant.partition(".")[0], "/"))

    def _detached(self, wire: Wire, *, closed: bool) -> None:
        self._walk.drop(wire)
        self._holdings.hold_unfinished(wire)
        if closed:
            wire.detach()
        else:
            wire.let_go()
        self._engine.forget(wire)

    def _session_ended(self, happening: Happening) -> None:
        for attached in self._walk:
            if attached.wire.session == happening.session:
                self._walk.drop(attached.wire)
        self._holdings.forget_session(happening.session)
        self._engine.forget_session(happening.session)

    def _delivered(self, attached: Attached, delivery: Transfer | Disposition | None) -> None:
        endpoint = attached.endpoint
        if isinstance(delivery, Transfer) and isinstance(endpoint, Publisher | RequestTarget):
            ends = delivery.is_whole or delivery.is_aborted
            condition = endpoint.on_transfer(delivery)
            size = 0 if ends else delivery.size
            if not self._holdings.hold_unfinished(attached.wire, size) and not condition:
                condition = conditions.unfinished(self._holdings.quota.unfinished)
            if condition:
                self._walk.detach(attached, condition)
                self._holdings.hold_unfinished(attached.wire)
        elif isinstance(delivery, Disposition) and isinstance(endpoint, Receiver | ReplySource):
            endpoint.on_disposition(delivery)

    def _ignored(self, wire: Wire, transfer: Transfer) -> None:
        """Drop the bytes that come on a link that was refused or has ended."""
        if not self._holdings.hold_more_unfinished(wire, transfer.forget()):
            self._refuse(conditions.unfinished(self._holdings.quota.unfinished))

    def _wake(self, attached: Attached) -> None:
        if isinstance(attached.endpoint, Receiver):
            self._plane.dispatcher.mark(attached.endpoint.subqueue)
        elif isinstance(attached.endpoint, ReplySource):
            self.takes_replies()

    def _wake_receivers(self) -> None:
        for attached in self._walk:
            self._wake(attached)
        self._plane.turn.touch(self)

    def _watch_expiry(self) -> None:
        """Be there when the next token expires."""
        ends = None if self._ended else self._walk.tokens.next_expiry()
        if ends == self._expires_at:
            return
        if not self._proven and (principal := self._walk.tokens.principal):
            self._proven = True
            self._holdings.join(self._plane.account_of(principal))
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
