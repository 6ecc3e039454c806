"""The state machine of one queue: which messages wait, which are locked, which are due.

Pure: it is told the time and never asks for it, holds no content and stores nothing.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class LockLostError(Exception):
    """The lock has expired, or the message is gone."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A receiver's hold on a message, known by its token, until it ends."""

    token: str
    until: float


@dataclass(slots=True)
class Held:
    """A message that a queue holds. `row` is where the store keeps it."""

    row: int
    sequence: int
    origin: int
    enqueued: float
    time_to_live: float | None = None
    deliveries: int = 0
    lock: Lock | None = None

    @property
    def expires(self) -> float | None:
        """When it is too old to be delivered."""
        return None if self.time_to_live is None else self.enqueued + self.time_to_live


class LockingQueue:
    """Messages in the order of their sequence numbers, under locks that end."""

    def __init__(
        self, lock_duration: float, new_token: Callable[[], str], *, expiring: bool = True
    ) -> None:
        """Dead letters are not `expiring`: they stay until somebody takes them."""
        self._lock_duration = lock_duration
        self._expiring = expiring
        self._new_token = new_token
        self._messages: dict[int, Held] = {}
        self._waiting: list[int] = []
        self._locked: dict[str, Held] = {}
        self._unlocks: list[tuple[float, str]] = []
        self._expiries: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: Held) -> None:
        """Hold a message that waits to be received."""
        self._messages[message.sequence] = message
        self._wait(message)

    def remove(self, message: Held) -> None:
        """Forget a message, locked or not."""
        self._messages.pop(message.sequence, None)
        if message.lock:
            self._locked.pop(message.lock.token, None)
            message.lock = None
        self._tidy()

    def next(self, now: float) -> Held | None:
        """The first message that waits, not expired, left waiting."""
        while self._waiting:
            message = self._messages.get(self._waiting[0])
            if message and not message.lock and not self.is_expired(message, now):
                return message
            heapq.heappop(self._waiting)
        return None

    def lock(self, message: Held, now: float) -> Lock:
        """Lock a message that waits, so that nobody else receives it."""
        lock = Lock(self._new_token(), now + self._lock_duration)
        self._hold(message, lock)
        return lock

    def locked(self, token: str, now: float) -> Held:
        """The message that `token` locks. Raises LockLostError."""
        message = self._locked.get(token)
        if message is None or message.lock is None or message.lock.until <= now:
            raise LockLostError(token)
        return message

    def renew(self, token: str, now: float) -> Lock:
        """Let a lock that has not ended last for its full time again. Raises LockLostError."""
        message = self.locked(token, now)
        lock = Lock(token, now + self._lock_duration)
        self._hold(message, lock)
        return lock

    def give_back(self, message: Held) -> None:
        """End a lock and let the message wait at its old place."""
        if message.lock:
            self._locked.pop(message.lock.token, None)
            message.lock = None
        self._wait(message)

    def unlocked_by(self, now: float) -> Iterator[Held]:
        """The messages whose locks have ended; the caller gives each back or removes it."""
        while self._unlocks and self._unlocks[0][0] <= now:
            _, token = heapq.heappop(self._unlocks)
            message = self._locked.get(token)
            if message and message.lock and message.lock.until <= now:
                yield message

    def expired_by(self, now: float) -> Iterator[Held]:
        """The messages too old to be delivered. One that is locked is not too old until given back.

        https://learn.microsoft.com/azure/service-bus-messaging/message-expiration
        """
        while self._expiries and self._expiries[0][0] <= now:
            _, sequence = heapq.heappop(self._expiries)
            message = self._messages.get(sequence)
            if message and not message.lock:
                yield message

    def next_due(self) -> float | None:
        """When the next lock ends or the next message expires, at the earliest."""
        heads = [heap[0][0] for heap in (self._unlocks, self._expiries) if heap]
        return min(heads, default=None)

    def browse(self, start: int) -> Iterator[Held]:
        """All messages from sequence number `start` on, locked or not."""
        return (self._messages[each] for each in sorted(self._messages) if each >= start)

    def is_expired(self, message: Held, now: float) -> bool:
        """Whether a message is too old to be delivered."""
        return self._expiring and message.expires is not None and message.expires <= now

    def _hold(self, message: Held, lock: Lock) -> None:
        message.lock = lock
        self._locked[lock.token] = message
        heapq.heappush(self._unlocks, (lock.until, lock.token))

    def _tidy(self) -> None:
        """Forget times that no longer matter, once they outnumber the messages by far."""
        enough = 4 * len(self._messages) + 64
        if len(self._expiries) > enough:
            self._expiries = [each for each in self._expiries if each[1] in self._messages]
            heapq.heapify(self._expiries)
        if len(self._unlocks) > enough:
            self._unlocks = [each for each in self._unlocks if each[1] in self._locked]
            heapq.heapify(self._unlocks)
        if len(self._waiting) > enough:
            self._waiting = [each for each in self._waiting if each in self._messages]
            heapq.heapify(self._waiting)

    def _wait(self, message: Held) -> None:
        heapq.heappush(self._waiting, message.sequence)
        if self._expiring and message.expires is not None:
            heapq.heappush(self._expiries, (message.expires, message.sequence))
