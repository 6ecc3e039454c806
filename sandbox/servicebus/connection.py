"""One client's connection: bytes in and out, slices of work, and flow control both ways."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Protocol

from sandbox.audit import AuditError
from sandbox.entra import Caller
from sandbox.servicebus.amqp.engine import UNREADABLE, Engine
from sandbox.servicebus.amqp.frames import Frames, FramingError
from sandbox.servicebus.client import Client
from sandbox.servicebus.context import BusContext
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.links import AttachedLink

_LOG = logging.getLogger(__name__)

# A connection works in slices, so that one client's flood does not hold up the others.
_FRAMES_PER_SLICE = 64
_BYTES_PER_SLICE = 64 * 1024
# Above the first, the socket is not read; above the second, no more messages are delivered.
_READ_AHEAD = 256 * 1024
_WRITE_AHEAD = 256 * 1024
# With this much unread output, the client's own frames wait, too: their answers would add to it.
_MAX_UNREAD = 1024 * 1024
# In seconds: how long a client may take to read why its connection was closed.
_CLOSE_TIMEOUT = 5.0


class Output(Protocol):
    """The transport of a connection's bytes: a socket, or a WebSocket."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def close(self) -> None:
        """Close once everything is sent."""

    def abort(self) -> None:
        """Close at once."""

    def pause_reading(self) -> None:
        """Stop reading from the client."""

    def resume_reading(self) -> None:
        """Read from the client again."""


class Connection:
    """A client's connection. Its transport feeds it; its output goes out when the turn ends."""

    def __init__(self, context: BusContext, output: Output) -> None:
        self._context = context
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._engine = Engine()
        self._frames = Frames()
        self._client = Client(context, self._engine, self)
        self._expiry: asyncio.TimerHandle | None = None
        self._expires_at: float | None = None
        self._working = self._reading_paused = self._writing_paused = self._ended = False
        self._unsent = self._unread = 0
        self._ended_at = 0.0

    @property
    def is_authenticated(self) -> bool:
        """Return whether a valid token has been put."""
        return self._client.is_authenticated

    @property
    def caller(self) -> Caller | None:
        """Return the caller of the first token, None before it."""
        return self._client.links.tokens.caller

    @property
    def can_send(self) -> bool:
        """Return whether the client reads fast enough to be sent more."""
        return not self._ended and not self._writing_paused and self._unsent <= _WRITE_AHEAD

    def count_unsent(self, size: int) -> None:
        """Add so many bytes to the output that waits for the commit."""
        self._unsent += size
        self._context.batch.touch(self)

    def feed(self, data: bytes) -> None:
        """Take incoming bytes."""
        self._frames.feed(data)
        if len(self._frames) > _READ_AHEAD and not self._reading_paused:
            self._reading_paused = True
            self._output.pause_reading()
        if not self._working:
            self._work()

    def lost(self) -> None:
        """Release everything: the client has disconnected."""
        self._ended = True
        self._client.disconnect()
        if self._expiry:
            self._expiry.cancel()

    def pause_writing(self) -> None:
        """Send less: the client reads too slowly."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Send again: the client has caught up."""
        if not self._writing_paused:
            return
        self._writing_paused = False
        self._unread = 0
        self._wake()
        if not self._working:
            self._work()

    def flush(self) -> None:
        """Send the output, after the commit that it depends on."""
        if self._ended:
            return
        if data := self._engine.output():
            self._output.write(data)
            self._unread += len(data) if self._writing_paused else 0
        was_full, self._unsent = self._unsent > _WRITE_AHEAD, 0
        if self._engine.is_closed:
            self._ended, self._ended_at = True, time.monotonic()
            self._output.close()
        elif was_full and not self._writing_paused:
            self._wake()

    def abort(self) -> None:
        """Discard the output, and end."""
        if not self._ended:
            self.lost()
            self._output.abort()

    def close(self, condition: Condition) -> None:
        """Close the connection with a reason."""
        self._client.close(condition)
        self._context.batch.touch(self)

    def redeployed(self, *, hurry: bool) -> int:
        """End the links on deleted entities; with `hurry`, also those that lost their right.

        Return how many were ended.
        """
        if self._ended:
            return 0
        links = self._client.links
        try:
            ended = links.end_deleted() + (links.decide_again() if hurry else 0)
        except AuditError as error:
            _LOG.error("The bus cannot write the audit, so it closes a connection: %s", error)
            self.abort()
            return 0
        self._context.batch.touch(self)
        return ended

    def detach_links(self, reason: Callable[[AttachedLink], Condition]) -> None:
        """Detach the links to entities, each with a reason; those to `$cbs` stay."""
        for attached in self._client.links:
            if attached.named:
                self._client.links.detach(attached, reason(attached))
        self._context.batch.touch(self)

    def tick(self) -> None:
        """Check all time limits. The bus calls this every second or so."""
        now = time.monotonic()
        if self._ended:
            if now - self._ended_at >= _CLOSE_TIMEOUT:
                self._output.abort()
            return
        self._engine.tick(now)
        self._client.tick(now)
        self._context.batch.touch(self)

    def _work(self) -> None:
        """Work off a slice of the incoming frames. The rest follows after other connections."""
        self._working = False
        if self._ended or self._unread > _MAX_UNREAD:
            return
        more = False
        # Under load the timer is late, and an expired token must not serve what is already here.
        if self._expires_at is not None and self._expires_at <= time.time():
            self._client.links.expire_tokens()
        try:
            more = self._slice()
        except FramingError as error:
            self._client.refuse(Condition("amqp:connection:framing-error", str(error)))
        except UNREADABLE as error:
            reason = f"a field cannot be decoded: {error}"
            self._client.refuse(Condition("amqp:decode-error", reason))
        except sqlite3.Error:
            self._context.batch.fail()
        except AuditError as error:
            _LOG.error("The bus cannot write the audit, so it closes a connection: %s", error)
            self.abort()
        except Exception:
            _LOG.exception("A connection to the bus failed")
            self.abort()
        self._watch_expiry()
        self._context.batch.touch(self)
        self._continue(more=more)

    def _slice(self) -> bool:
        """Work off some frames. Return whether there may be more."""
        frames = size = 0
        self._frames.is_trusted = self._client.is_authenticated
        for frame in self._frames.take(_FRAMES_PER_SLICE):
            frames, size = frames + 1, size + len(frame.content)
            for event in self._engine.push(frame):
                self._client.on_event(event)
            # After each frame: a slice of attaches would use a multiple of the quota.
            if not self._ended:
                self._client.check_usage()
            if size >= _BYTES_PER_SLICE or self._unsent > _WRITE_AHEAD:
                return True
        return frames == _FRAMES_PER_SLICE

    def _continue(self, *, more: bool) -> None:
        if more:
            self._working = True
            self._loop.call_soon(self._work)
        elif self._reading_paused:
            self._reading_paused = False
            self._output.resume_reading()

    def _wake(self) -> None:
        self._client.wake()
        self._context.batch.touch(self)

    def _watch_expiry(self) -> None:
        """Set the timer for the token that expires next."""
        expires_at = None if self._ended else self._client.links.tokens.next_expiry()
        if expires_at == self._expires_at:
            return
        self._client.count_for_principal()
        if self._expiry:
            self._expiry.cancel()
        self._expires_at = expires_at
        if expires_at is not None:
            self._expiry = self._loop.call_later(max(expires_at - time.time(), 0.0), self._expire)

    def _expire(self) -> None:
        self._expires_at = None
        self._client.links.expire_tokens()
        self._watch_expiry()
        self._context.batch.touch(self)
