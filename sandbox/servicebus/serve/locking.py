"""The state machine of one queue: which messages wait, which are locked, which are due.

It is pure: the caller passes the time, and the state holds no content and stores nothing.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class LockLostError(Exception):
    """The lock has expired, or the message is gone."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A receiver's lock on a message, under a token, until a time."""

    token: str
    until: float


@dataclass(slots=True)
class QueuedMessage:
    """A message in a queue. `row` is its row in the store."""

    row: int
    sequence: int
    origin: int
    enqueued: float
    time_to_live: float | None = None
    deliveries: int = 0
    lock: Lock | None = None

    @property
    def expires(self) -> float | None:
        """Return when it expires."""
        return None if self.time_to_live is None else self.enqueued + self.time_to_live


class LockingQueue:
    """Messages in the order of their sequence numbers, with locks that end by themselves.

    Each of the three heaps may hold entries that no longer apply. They are skipped when they come
    up, and removed once they outnumber the messages by far (`_compact`).
    """

    def __init__(
        self, lock_duration: float, new_token: Callable[[], str], *, expiring: bool = True
    ) -> None:
        """Dead letters are not `expiring`: they stay until a receiver takes them.

        `lock_duration` may be replaced; a lock that is held keeps its own.
        """
        self.lock_duration = lock_duration
        self._expiring = expiring
        self._new_token = new_token
        self._messages: dict[int, QueuedMessage] = {}
        self._waiting: list[int] = []
        self._locked: dict[str, QueuedMessage] = {}
        self._unlocks: list[tuple[float, str]] = []
        self._expiries: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: QueuedMessage) -> None:
        """Add a message that waits to be received."""
        self._messages[message.sequence] = message
        self._push(message)

    def remove(self, message: QueuedMessage) -> None:
        """Remove a message, locked or not."""
        self._messages.pop(message.sequence, None)
        if message.lock:
            self._locked.pop(message.lock.token, None)
            message.lock = None
        self._compact()

    def next(self, now: float) -> QueuedMessage | None:
        """Return the first message that waits and has not expired. It keeps waiting."""
        while self._waiting:
            message = self._messages.get(self._waiting[0])
            if message and not message.lock and not self.is_expired(message, now):
                return message
            heapq.heappop(self._waiting)
        return None

    def lock(self, message: QueuedMessage, now: float) -> Lock:
        """Lock a message that waits, so that no other receiver gets it."""
        lock = Lock(self._new_token(), now + self.lock_duration)
        self._set_lock(message, lock)
        return lock

    def locked(self, token: str, now: float) -> QueuedMessage:
        """Return the message that `token` locks. Raises LockLostError."""
        message = self._locked.get(token)
        if message is None or message.lock is None or message.lock.until <= now:
            raise LockLostError(token)
        return message

    def renew(self, token: str, now: float) -> Lock:
        """Extend a lock that has not ended by its full duration. Raises LockLostError."""
        message = self.locked(token, now)
        lock = Lock(token, now + self.lock_duration)
        self._set_lock(message, lock)
        return lock

    def unlock(self, message: QueuedMessage) -> None:
        """End a lock. The message waits again at its old place."""
        if message.lock:
            self._locked.pop(message.lock.token, None)
            message.lock = None
        self._push(message)

    def locks_ended_by(self, now: float) -> Iterator[QueuedMessage]:
        """Yield the messages whose locks have ended. The caller unlocks or removes each."""
        while self._unlocks and self._unlocks[0][0] <= now:
            _, token = heapq.heappop(self._unlocks)
            message = self._locked.get(token)
            if message and message.lock and message.lock.until <= now:
                yield message

    def expired_by(self, now: float) -> Iterator[QueuedMessage]:
        """Yield the expired messages. A locked one expires only once it is unlocked.

        https://learn.microsoft.com/azure/service-bus-messaging/message-expiration
        """
        while self._expiries and self._expiries[0][0] <= now:
            _, sequence = heapq.heappop(self._expiries)
            message = self._messages.get(sequence)
            if message and not message.lock:
                yield message

    def next_due(self) -> float | None:
        """Return the earliest time at which a lock ends or a message expires."""
        heads = [heap[0][0] for heap in (self._unlocks, self._expiries) if heap]
        return min(heads, default=None)

    def browse(self, start: int) -> Iterator[QueuedMessage]:
        """Yield all messages from sequence number `start` on, locked or not."""
        return (self._messages[each] for each in sorted(self._messages) if each >= start)

    def is_expired(self, message: QueuedMessage, now: float) -> bool:
        """Return whether a message has expired."""
        return self._expiring and message.expires is not None and message.expires <= now

    def _set_lock(self, message: QueuedMessage, lock: Lock) -> None:
        message.lock = lock
        self._locked[lock.token] = message
        heapq.heappush(self._unlocks, (lock.until, lock.token))

    def _compact(self) -> None:
        """Remove heap entries that no longer apply, once they outnumber the messages by far."""
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

    def _push(self, message: QueuedMessage) -> None:
        heapq.heappush(self._waiting, message.sequence)
        if self._expiring and message.expires is not None:
            heapq.heappush(self._expiries, (message.expires, message.sequence))
