"""The locks on the sessions of one entity, and the receivers that wait for the next session.

It is pure, like locking.py: the caller passes the time, and says which sessions have messages.
https://learn.microsoft.com/azure/service-bus-messaging/message-sessions
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice

# In seconds, after the end of a lock (docs/assumptions.md). A live test of azure-servicebus,
# test_async_session_by_queue_client_conn_str_receive_handler_receiveanddelete, reads on for a
# moment after it, and expects no error.
_UNTIL_TOLD = 2.0


class SessionLockedError(Exception):
    """Another receiver holds the session."""


class SessionLockLostError(Exception):
    """The lock on the session has ended."""


@dataclass(eq=False, slots=True)
class SessionLock:
    """A receiver's lock on a session, with the tokens of the messages that it has locked."""

    name: str
    until: float
    on_lost: Callable[[], None]
    tokens: dict[str, None] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Waiter:
    """A receiver that waits until `deadline` for a session, and a function for each outcome."""

    deadline: float
    accepted: Callable[[str], None]
    timed_out: Callable[[], None]


class SessionLocks:
    """The sessions that receivers hold, and those with messages for a receiver to come.

    A session without a holder is offered in the order in which it got its first message. Azure's
    order is nowhere documented.
    """

    def __init__(self) -> None:
        self._held: dict[str, SessionLock] = {}
        self._offered: dict[str, None] = {}
        self._waiters: dict[Waiter, None] = {}
        self._numbers = count()
        self._ends: list[tuple[float, int, SessionLock]] = []
        self._untold: deque[tuple[float, SessionLock]] = deque()

    def get(self, name: str) -> SessionLock | None:
        """Return the lock on a session, if a receiver holds it."""
        return self._held.get(name)

    def lock(self, name: str, until: float, on_lost: Callable[[], None]) -> SessionLock:
        """Lock a session. `on_lost` is called if the lock ends. Raises SessionLockedError."""
        if name in self._held:
            raise SessionLockedError(name)
        lock = self._held[name] = SessionLock(name, until, on_lost)
        self._offered.pop(name, None)
        heapq.heappush(self._ends, (until, next(self._numbers), lock))
        return lock

    def renew(self, lock: SessionLock, until: float) -> None:
        """Extend a lock. With the end that it has already, it would end twice."""
        if until == lock.until:
            return
        lock.until = until
        heapq.heappush(self._ends, (until, next(self._numbers), lock))

    def unlock(self, lock: SessionLock) -> None:
        """End a lock."""
        if self._held.get(lock.name) is lock:
            del self._held[lock.name]
        if len(self._ends) > 4 * len(self._held) + 64:
            self._ends = [each for each in self._ends if self._is_current(each[2], each[0])]
            heapq.heapify(self._ends)

    def offer(self, name: str, has_messages: Callable[[str], bool], most: int) -> None:
        """Offer a session that has messages, unless a receiver holds it.

        If more than `most` are on offer, those whose messages have gone are taken back.
        """
        if name not in self._held:
            self._offered[name] = None
        if len(self._offered) > most:
            self._offered = {each: None for each in self._offered if has_messages(each)}

    def first_waiter(self) -> Waiter | None:
        """Return the receiver that has waited longest."""
        return next(iter(self._waiters), None)

    def offered(self) -> Iterator[str]:
        """Yield the sessions on offer, and take each back. Messages may have gone meanwhile."""
        while self._offered:
            name = next(iter(self._offered))
            del self._offered[name]
            yield name

    def wait(self, waiter: Waiter) -> None:
        """Add a receiver that waits for a session."""
        self._waiters[waiter] = None

    def leave(self, waiter: Waiter) -> None:
        """Remove a receiver that waits no more."""
        self._waiters.pop(waiter, None)

    def timed_out_by(self, now: float) -> Iterator[Waiter]:
        """Yield the receivers that have waited in vain, and remove each."""
        for waiter in [each for each in self._waiters if each.deadline <= now]:
            self.leave(waiter)
            yield waiter

    def ended_by(self, now: float) -> Iterator[SessionLock]:
        """Yield the locks that have ended. The caller unlocks each before it asks for the next.

        A lock that was renewed may have the same end twice.
        """
        while self._ends and self._ends[0][0] <= now:
            until, _, lock = heapq.heappop(self._ends)
            if self._is_current(lock, until):
                self._untold.append((until + _UNTIL_TOLD, lock))
                yield lock

    def told_by(self, now: float) -> Iterator[SessionLock]:
        """Yield the locks whose receivers learn now that they have ended, a moment after that."""
        while self._untold and self._untold[0][0] <= now:
            yield self._untold.popleft()[1]

    def next_due(self) -> float | None:
        """Return the earliest time at which a lock ends, or a receiver has waited in vain."""
        deadlines = [each.deadline for each in self._waiters]
        ends = [each[0] for each in self._ends[:1]]
        told = [at for at, _ in islice(self._untold, 1)]
        return min([*deadlines, *ends, *told], default=None)

    def _is_current(self, lock: SessionLock, until: float) -> bool:
        return self._held.get(lock.name) is lock and lock.until == until
