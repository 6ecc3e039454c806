"""A subqueue, which a receiver attaches to: the messages of an entity, or its dead letters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Protocol
from uuid import UUID

from sandbox.servicebus.serve.locking import Lock, LockingQueue, MessageState, QueuedMessage
from sandbox.servicebus.serve.message import (
    BrokerProperties,
    with_broker_properties,
    with_properties,
)
from sandbox.servicebus.serve.schedule import MessageNotFoundError, Schedule
from sandbox.servicebus.serve.settlement import (
    Abandon,
    Complete,
    DeadLetter,
    Defer,
    Release,
    Settlement,
)
from sandbox.servicebus.serve.store import Store

Clock = Callable[[], float]


class TooLargeError(Exception):
    """The messages that were asked for take more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message on its way to a receiver. Without a token it is already deleted."""

    content: bytes
    token: str | None


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """The number of deliveries that may fail, and the function that dead-letters a message."""

    max_deliveries: int
    dead_letter: Callable[[QueuedMessage, DeadLetter], None]


class Source(Protocol):
    """The messages that one receiver may get: a subqueue, or a session that it holds."""

    def receive(self, *, and_delete: bool) -> ReceivedMessage | None:
        """Lock the first message that waits, or delete it, and return it."""

    def settle(self, token: str, settlement: Settlement) -> None:
        """Settle the message that `token` locks.

        Raises LockLostError, or SessionLockLostError.
        """


class Subqueue:
    """Messages in order, received one by one under locks, with all changes written to the store."""

    def __init__(
        self,
        path: str,
        store: Store,
        clock: Clock,
        queue: LockingQueue,
        policy: DeadLetterPolicy | None,
    ) -> None:
        """Without a `policy` these are dead letters: they stay, and no failed delivery counts."""
        self.path = path
        self.on_ready: Callable[[Source], None] = lambda _: None
        self.to_wall_time: Callable[[float], float] = lambda moment: moment
        self.schedule: Schedule | None = None
        self._store = store
        self._clock = clock
        self._queue = queue
        self._policy = policy

    def __len__(self) -> int:
        return len(self._queue)

    def change(self, lock_duration: float, policy: DeadLetterPolicy | None) -> None:
        """Take other settings. Messages, locks and receivers stay."""
        self._queue.lock_duration = lock_duration
        self._policy = policy

    def add(self, message: QueuedMessage) -> None:
        """Make a stored message available to receivers."""
        self._queue.add(message)
        self._announce(message)

    def release(self, message: QueuedMessage) -> None:
        """Take a message out of this subqueue, but leave it in the store."""
        self._queue.remove(message)

    def delete(self, message: QueuedMessage) -> None:
        """Delete a message."""
        self._queue.remove(message)
        self._store.delete(message.row)

    def receive(self, *, and_delete: bool) -> ReceivedMessage | None:
        """Lock the first message that waits, or delete it, and return it."""
        now = self._clock()
        message = self._queue.next(now)
        return None if message is None else self._take(message, now, and_delete=and_delete)

    def receive_deferred(
        self, sequences: Iterable[int], size: int, *, and_delete: bool
    ) -> list[ReceivedMessage]:
        """Lock deferred messages, or delete them, and return them.

        Raises MessageNotFoundError for a message that is missing, locked or not deferred, and
        TooLargeError if they take more than `size` bytes in all; then none is locked.
        """
        return self._take_all(self._deferred(sequences, None), size, and_delete=and_delete)

    def settle(self, token: str, settlement: Settlement) -> None:
        """Settle the message that `token` locks. Raises LockLostError."""
        message = self._queue.locked(token, self._clock())
        match settlement:
            case Complete():
                self.delete(message)
            case Release():
                self._unlock(message)
            case Abandon(properties):
                self._rewrite(message, properties)
                self._failed(message)
            case Defer(properties):
                self._rewrite(message, properties)
                self._defer(message)
            case DeadLetter():
                self._dead_letter(message, settlement)

    def renew(self, token: str) -> float:
        """Renew a lock for its full duration. Return until when. Raises LockLostError."""
        return self.to_wall_time(self._queue.renew(token, self._clock()).until)

    def check(self, token: str) -> None:
        """Raise LockLostError unless `token` locks a message here."""
        self._queue.locked(token, self._clock())

    def peek(
        self, start: int, count: int, size: int = 262144, session: str | None = None
    ) -> list[bytes]:
        """Return messages from sequence number `start` on, without locking them.

        Up to `count`, and no more than fit into `size` bytes, but at least one. With a `session`,
        they are of that session.
        """
        found: list[bytes] = []
        visible = self._visible(start)
        if session is not None:
            visible = (each for each in visible if each.session == session)
        for each in islice(visible, count):
            content = self._content(each, state=each.state)
            size -= len(content)
            if found and size < 0:
                break
            found.append(content)
        return found

    def sweep(self, now: float, expire: Callable[[QueuedMessage], None]) -> bool:
        """End the locks that are due, and `expire` the messages that are.

        Return whether anything was due.
        """
        swept = False
        for message in self._queue.locks_ended_by(now):
            self._failed(message)
            swept = True
        for message in self._queue.expired_by(now):
            expire(message)
            swept = True
        return swept

    def next_due(self) -> float | None:
        """Return when to sweep again, at the earliest."""
        return self._queue.next_due()

    def _announce(self, _: QueuedMessage) -> None:
        """Tell the receivers that a message may wait for them."""
        self.on_ready(self)

    def _lock_end(self, lock: Lock, _: QueuedMessage) -> float:
        """Return when a lock that was just taken ends, as its receiver learns."""
        return lock.until

    def _deferred(self, sequences: Iterable[int], session: str | None) -> list[QueuedMessage]:
        found = [self._queue.deferred(each) for each in dict.fromkeys(sequences)]
        messages = [each for each in found if each is not None and each.session == session]
        if len(messages) < len(found):
            raise MessageNotFoundError
        return messages

    def _take_all(
        self, messages: list[QueuedMessage], size: int, *, and_delete: bool
    ) -> list[ReceivedMessage]:
        if sum(self._store.size(each.row) for each in messages) > size:
            raise TooLargeError(size)
        now = self._clock()
        return [self._take(each, now, and_delete=and_delete) for each in messages]

    def _take(self, message: QueuedMessage, now: float, *, and_delete: bool) -> ReceivedMessage:
        state = message.state or None  # Azure names it where it is not active
        if and_delete:
            content = self._content(message, state=state)
            self.delete(message)
            return ReceivedMessage(content, None)
        lock = self._queue.lock(message, now)
        until = self.to_wall_time(self._lock_end(lock, message))
        content = self._content(message, until, lock_id(lock.token), state)
        return ReceivedMessage(content, lock.token)

    def _visible(self, start: int) -> Iterator[QueuedMessage]:
        """Yield the messages that a peek shows, those that are scheduled among them."""
        now = self._clock()
        stored = self._queue.browse(start)
        if self.schedule:
            stored = merge(stored, self.schedule.browse(start), key=lambda each: each.sequence)
        for each in stored:
            waits = each.state is MessageState.ACTIVE and not each.lock
            if not waits or not self._queue.is_expired(each, now):
                yield each

    def _defer(self, message: QueuedMessage) -> None:
        """Set a message aside. The delivery counts, though it did not fail.

        https://learn.microsoft.com/azure/service-bus-messaging/message-deferral, and the live tests
        of Microsoft's SDK for JavaScript
        """
        if self._policy is not None:
            message.deliveries += 1
            self._store.set_deliveries(message.row, message.deliveries)
        message.state = MessageState.DEFERRED
        self._store.set_state(message.row, message.state)
        self._queue.unlock(message)

    def _failed(self, message: QueuedMessage) -> None:
        """Count a failed delivery. Azure does not count those of dead letters.

        https://github.com/Azure/azure-sdk-for-net/issues/53437
        """
        if self._policy is None:
            self._unlock(message)
            return
        message.deliveries += 1
        self._store.set_deliveries(message.row, message.deliveries)
        if message.deliveries >= self._policy.max_deliveries:
            self._policy.dead_letter(message, _delivered_too_often(message.deliveries))
        else:
            self._unlock(message)

    def _dead_letter(self, message: QueuedMessage, settlement: DeadLetter) -> None:
        """Dead-letter a message. A dead letter stays where it is: it must not be lost."""
        if self._policy is None:
            self._rewrite(message, settlement.as_properties)
            self._unlock(message)
        else:
            self._policy.dead_letter(message, settlement)

    def _unlock(self, message: QueuedMessage) -> None:
        self._queue.unlock(message)
        self._announce(message)

    def _rewrite(self, message: QueuedMessage, properties: Mapping[str, object]) -> None:
        if properties:
            content = with_properties(self._store.content(message.row), properties)
            self._store.rewrite(message.row, content)

    def _content(
        self,
        message: QueuedMessage,
        locked_until: float | None = None,
        lock_token: UUID | None = None,
        state: int | None = None,
    ) -> bytes:
        values = BrokerProperties(
            sequence=message.sequence,
            origin=message.origin,
            enqueued=message.enqueued,
            deliveries=message.deliveries,
            time_to_live=message.time_to_live,
            locked_until=locked_until,
            lock_token=lock_token,
            state=state,
        )
        return with_broker_properties(self._store.content(message.row), values)


def lock_id(token: str) -> UUID:
    """Return a lock token as clients see it: the delivery tag's bytes in .NET's order of a GUID."""
    return UUID(bytes_le=token.encode("latin-1"))


def _delivered_too_often(times: int) -> DeadLetter:
    """Return Azure's reason. The dead letter's header then has the same number of deliveries."""
    return DeadLetter(
        "MaxDeliveryCountExceeded",
        f"Message could not be consumed after {times} delivery attempts.",
    )
