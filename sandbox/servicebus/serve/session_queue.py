"""The messages of an entity that requires sessions: a receiver gets those of one session."""

from collections.abc import Callable, Iterable, Iterator

from sandbox.servicebus.serve.locking import Lock, LockingQueue, QueuedMessage
from sandbox.servicebus.serve.sessions import (
    SessionLock,
    SessionLockLostError,
    SessionLocks,
    Waiter,
)
from sandbox.servicebus.serve.settlement import Settlement
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Clock, DeadLetterPolicy, ReceivedMessage, Subqueue


class HeldSession:
    """A session that a receiver holds, until it releases it or the lock ends."""

    def __init__(self, queue: "SessionQueue", lock: SessionLock) -> None:
        self._queue = queue
        self.lock = lock

    @property
    def name(self) -> str:
        """Return the id of the session."""
        return self.lock.name

    @property
    def locked_until(self) -> float:
        """Return until when it is locked, by the wall clock."""
        return self._queue.to_wall_time(self.lock.until)

    def receive(self, *, and_delete: bool) -> ReceivedMessage | None:
        """Lock the session's first message that waits, or delete it, and return it."""
        return self._queue.receive_in(self.lock, and_delete=and_delete)

    def settle(self, token: str, settlement: Settlement) -> None:
        """Settle a message. Raises LockLostError or SessionLockLostError."""
        self._queue.settle(token, settlement)

    def renew(self) -> float:
        """Renew the lock. Return until when. Raises SessionLockLostError."""
        self._queue.renew_session(self.lock)
        return self.locked_until

    def release(self) -> None:
        """End the lock. Its messages wait again, and these deliveries do not count.

        https://learn.microsoft.com/azure/service-bus-messaging/message-sessions
        """
        self._queue.release_session(self.lock)


class SessionQueue(Subqueue):
    """Messages in order within each session, and the state of each session."""

    def __init__(
        self,
        path: str,
        store: Store,
        clock: Clock,
        queue: LockingQueue,
        policy: DeadLetterPolicy,
        *,
        row: int,
    ) -> None:
        """`row` is the entity's in the store."""
        super().__init__(path, store, clock, queue, policy)
        self._row = row
        self._locks = SessionLocks()
        self._holders: dict[str, HeldSession] = {}
        self._updated = dict(store.session_states(row))

    def accept(self, name: str, on_lost: Callable[[], None]) -> HeldSession:
        """Lock a session, whether it has messages or not; `on_lost` is called if the lock ends.

        Raises SessionLockedError.
        """
        self._end_due(self._clock())
        lock = self._locks.lock(name, self._clock() + self._queue.lock_duration, on_lost)
        held = self._holders[name] = HeldSession(self, lock)
        return held

    def wait(
        self, seconds: float, accepted: Callable[[str], None], timed_out: Callable[[], None]
    ) -> Waiter:
        """Call `accepted` with the next session that has messages: at once, or within `seconds`.

        Its receiver then accepts it. If there is none in time, `timed_out` is called.
        """
        waiter = Waiter(self._clock() + seconds, accepted, timed_out)
        self._locks.wait(waiter)
        self._serve_waiters()
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Remove a receiver that waits no more."""
        self._locks.leave(waiter)

    def held(self, name: str) -> HeldSession | None:
        """Return a session that a receiver holds."""
        return self._holders.get(name)

    def receive(self, *, and_delete: bool) -> ReceivedMessage | None:
        """Return nothing: only the receiver of a session gets messages."""
        return None

    def receive_in(self, lock: SessionLock, *, and_delete: bool) -> ReceivedMessage | None:
        """Lock the first message of a session that waits, or delete it, and return it."""
        now = self._clock()
        if not self._holds(lock, now):
            return None
        message = self._queue.next(now, lock.name)
        return None if message is None else self._take(message, now, and_delete=and_delete)

    def receive_deferred_in(
        self, lock: SessionLock, sequences: Iterable[int], size: int, *, and_delete: bool
    ) -> list[ReceivedMessage]:
        """Lock deferred messages of a session, or delete them, and return them.

        Raises SessionLockLostError, and the errors of `receive_deferred`.
        """
        self._check_held(lock)
        found = self._deferred(sequences, lock.name)
        return self._take_all(found, size, and_delete=and_delete)

    def settle(self, token: str, settlement: Settlement) -> None:
        """Settle the message that `token` locks. Raises LockLostError or SessionLockLostError."""
        now = self._clock()
        message = self._queue.locked(token, now)
        lock = self._locks.get(message.session or "")
        if lock is None or not self._holds(lock, now):
            raise SessionLockLostError(message.session)
        super().settle(token, settlement)
        lock.tokens.pop(token, None)

    def renew_session(self, lock: SessionLock) -> None:
        """Renew the lock on a session for its full duration. Raises SessionLockLostError."""
        self._check_held(lock)
        self._locks.renew(lock, self._clock() + self._queue.lock_duration)

    def release_session(self, lock: SessionLock) -> None:
        """End the lock on a session, unless it has ended."""
        if self._locks.get(lock.name) is lock:
            self._end(lock, self._queue.unlock)

    def state(self, lock: SessionLock) -> bytes | None:
        """Return the state of a session. Raises SessionLockLostError."""
        self._check_held(lock)
        return self._store.session_state(self._row, lock.name)

    def set_state(self, lock: SessionLock, state: bytes | None) -> None:
        """Store the state of a session; None deletes it. Raises SessionLockLostError."""
        self._check_held(lock)
        now = self._clock()
        self._store.set_session_state(self._row, lock.name, state, now)
        self._updated.pop(lock.name, None)
        if state is not None:
            self._updated[lock.name] = now

    def names(self) -> list[str]:
        """Return the sessions with messages or a state, in order."""
        return sorted({*self._updated, *self._queue.sessions()})

    def names_updated_after(self, moment: float) -> list[str]:
        """Return the sessions whose state was set after `moment`, by the wall clock, in order."""
        return sorted(name for name, at in self._updated.items() if self.to_wall_time(at) > moment)

    def sweep(self, now: float, expire: Callable[[QueuedMessage], None]) -> bool:
        """End the locks that are due, and `expire` the messages that are.

        Return whether anything was due.
        """
        ended = self._end_due(now)
        impatient = list(self._locks.timed_out_by(now))
        for waiter in impatient:
            waiter.timed_out()
        told = list(self._locks.told_by(now))
        for lock in told:
            lock.on_lost()
        return super().sweep(now, expire) or ended or bool(impatient) or bool(told)

    def next_due(self) -> float | None:
        """Return when to sweep again, at the earliest."""
        dues = (super().next_due(), self._locks.next_due())
        return min((each for each in dues if each is not None), default=None)

    def _end_due(self, now: float) -> bool:
        ended = False
        for lock in self._locks.ended_by(now):
            self._end(lock, self._failed)
            ended = True
        return ended

    def _end(self, lock: SessionLock, back: Callable[[QueuedMessage], None]) -> None:
        """End a lock: each message that its receiver has locked goes `back`."""
        now = self._clock()
        for token in list(lock.tokens):
            back(self._queue.locked(token, now))
        self._locks.unlock(lock)
        self._holders.pop(lock.name, None)
        if self._has_messages(lock.name):
            self._offer(lock.name)

    def _announce(self, message: QueuedMessage) -> None:
        name = message.session or ""
        if held := self._holders.get(name):
            self.on_ready(held)
        elif message.lock is None:
            self._offer(name)

    def _offer(self, name: str) -> None:
        self._locks.offer(name, self._has_messages, most=4 * len(self) + 64)
        self._serve_waiters()

    def _serve_waiters(self) -> None:
        for waiter, name in self._matches():
            self._locks.leave(waiter)
            waiter.accepted(name)

    def _matches(self) -> Iterator[tuple[Waiter, str]]:
        """Yield each receiver that waits, with the next session that has a message for it."""
        while waiter := self._locks.first_waiter():
            name = next(filter(self._has_messages, self._locks.offered()), None)
            if name is None:
                return
            yield waiter, name

    def _has_messages(self, name: str) -> bool:
        return self._queue.next(self._clock(), name) is not None

    def _check_held(self, lock: SessionLock) -> None:
        if not self._holds(lock, self._clock()):
            raise SessionLockLostError(lock.name)

    def _holds(self, lock: SessionLock, now: float) -> bool:
        return self._locks.get(lock.name) is lock and lock.until > now

    def _lock_end(self, lock: Lock, message: QueuedMessage) -> float:
        session = self._locks.get(message.session or "")
        if session is None:
            return lock.until
        session.tokens[lock.token] = None
        return session.until
