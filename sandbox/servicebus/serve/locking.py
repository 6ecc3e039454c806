"""The state machine of one queue: which messages wait, which are locked, which are due.

It is pure: the caller passes the time, and the state holds no content and stores nothing.
"""

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum


class LockLostError(Exception):
    """The lock has expired, or the message is gone."""


class MessageState(IntEnum):
    """The states of a message, by their numbers in the annotation `x-opt-message-state`.

    https://learn.microsoft.com/azure/service-bus-messaging/message-browsing
    """

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass(frozen=True, slots=True)
class Lock:
    """A receiver's lock on a message, under a token, until a time."""

    token: str
    until: float


@dataclass(slots=True)
class QueuedMessage:
    """A message in a queue. `row` is its row in the store.

    `origin` is the number that its topic gave it, 0 for a message of a queue. `session` is set only
    where an entity requires sessions.
    """

    row: int
    sequence: int
    origin: int
    enqueued: float
    time_to_live: float | None = None
    deliveries: int = 0
    session: str | None = None
    state: MessageState = MessageState.ACTIVE
    lock: Lock | None = None

    @property
    def expires(self) -> float | None:
        """Return when it expires."""
        return None if self.time_to_live is None else self.enqueued + self.time_to_live


class LockingQueue:
    """Messages in the order of their sequence numbers, with locks that end by themselves.

    The messages that wait are kept by session; those without one are under None. Each of the heaps
    may hold entries that no longer apply. They are skipped when they come up, and removed once they
    outnumber the messages by far (`_compact`).
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
        self._waiting: dict[str | None, list[int]] = {}
        self._entries = 0  # of all heaps in `_waiting`
        self._locked: dict[str, QueuedMessage] = {}
        self._unlocks: list[tuple[float, str]] = []
        self._expiries: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, message: QueuedMessage) -> None:
        """Add a message that waits to be received, unless it is deferred."""
        self._messages[message.sequence] = message
        self._push(message)

    def remove(self, message: QueuedMessage) -> None:
        """Remove a message, locked or not."""
        self._messages.pop(message.sequence, None)
        if message.lock:
            self._locked.pop(message.lock.token, None)
            message.lock = None
        self._compact()

    def next(self, now: float, session: str | None = None) -> QueuedMessage | None:
        """Return the first message of `session` that waits and has not expired. It keeps waiting.

        Without a session, it is the first of those that have none.
        """
        waiting = self._waiting.get(session)
        if waiting is None:
            return None
        while waiting:
            message = self._messages.get(waiting[0])
            if message and self._waits(message) and not self.is_expired(message, now):
                return message
            heapq.heappop(waiting)
            self._entries -= 1
        del self._waiting[session]
        return None

    def sessions(self) -> set[str]:
        """Return the sessions with messages, locked or not, that are not deferred."""
        active = (each for each in self._messages.values() if each.state is MessageState.ACTIVE)
        return {each.session for each in active if each.session is not None}

    def deferred(self, sequence: int) -> QueuedMessage | None:
        """Return a deferred message that is not locked, by its sequence number."""
        message = self._messages.get(sequence)
        if message is None or message.lock or message.state is not MessageState.DEFERRED:
            return None
        return message

    def lock(self, message: QueuedMessage, now: float) -> Lock:
        """Lock a message, so that no other receiver gets it.

        A message of a session is locked for as long as its session is, so its own lock has no end.
        """
        until = now + self.lock_duration if message.session is None else math.inf
        lock = Lock(self._new_token(), until)
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
        if message.session is not None:
            raise LockLostError(token)
        lock = Lock(token, now + self.lock_duration)
        self._set_lock(message, lock)
        return lock

    def unlock(self, message: QueuedMessage) -> None:
        """End a lock. The message waits again at its old place, unless it is deferred."""
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
        """Yield the expired messages. A locked one expires once it is unlocked, a deferred never.

        https://learn.microsoft.com/azure/service-bus-messaging/message-expiration
        https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
        """
        while self._expiries and self._expiries[0][0] <= now:
            _, sequence = heapq.heappop(self._expiries)
            message = self._messages.get(sequence)
            if message and self._waits(message):
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

    def _waits(self, message: QueuedMessage) -> bool:
        return not message.lock and message.state is MessageState.ACTIVE

    def _set_lock(self, message: QueuedMessage, lock: Lock) -> None:
        message.lock = lock
        self._locked[lock.token] = message
        if lock.until < math.inf:
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
        if self._entries > enough:
            self._compact_waiting()

    def _compact_waiting(self) -> None:
        kept = {
            session: [each for each in waiting if each in self._messages]
            for session, waiting in self._waiting.items()
        }
        self._waiting = {session: waiting for session, waiting in kept.items() if waiting}
        self._entries = sum(map(len, self._waiting.values()))
        for waiting in self._waiting.values():
            heapq.heapify(waiting)

    def _push(self, message: QueuedMessage) -> None:
        if message.state is not MessageState.ACTIVE:
            return
        waiting = self._waiting.get(message.session)
        if waiting is None:
            waiting = self._waiting[message.session] = []
        heapq.heappush(waiting, message.sequence)
        self._entries += 1
        if self._expiring and message.expires is not None:
            heapq.heappush(self._expiries, (message.expires, message.sequence))
