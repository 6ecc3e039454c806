"""A subqueue, which a receiver attaches to: the messages of an entity, or its dead letters."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from sandbox.servicebus.serve.locking import LockingQueue, QueuedMessage
from sandbox.servicebus.serve.message import (
    BrokerProperties,
    with_broker_properties,
    with_properties,
)
from sandbox.servicebus.serve.store import Store

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Complete:
    """Settle a message as done: it is deleted."""


@dataclass(frozen=True, slots=True)
class Release:
    """Return a message unprocessed: it waits again, and this delivery does not count."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Return a message that failed: it waits again, and this delivery counts as failed."""

    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Move a message that cannot be processed to the dead letters, with a reason."""

    reason: str | None = None
    description: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def as_properties(self) -> Mapping[str, object]:
        """Return the application properties that it sets on the message."""
        given = {
            "DeadLetterReason": self.reason,
            "DeadLetterErrorDescription": self.description,
        }
        return dict(self.properties) | {
            key: each for key, each in given.items() if each is not None
        }


Settlement = Complete | Release | Abandon | DeadLetter


@dataclass(frozen=True, slots=True)
class _ReceivedMessage:
    """A message on its way to a receiver. Without a token it is already deleted."""

    content: bytes
    token: str | None


@dataclass(frozen=True, slots=True)
class DeadLetterPolicy:
    """The number of deliveries that may fail, and the function that dead-letters a message."""

    max_deliveries: int
    dead_letter: Callable[[QueuedMessage, DeadLetter], None]


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
        self.on_ready: Callable[[Subqueue], None] = lambda _: None
        self.to_wall_time: Callable[[float], float] = lambda moment: moment
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
        self.on_ready(self)

    def release(self, message: QueuedMessage) -> None:
        """Take a message out of this subqueue, but leave it in the store."""
        self._queue.remove(message)

    def delete(self, message: QueuedMessage) -> None:
        """Delete a message."""
        self._queue.remove(message)
        self._store.delete(message.row)

    def receive(self, *, and_delete: bool) -> _ReceivedMessage | None:
        """Lock the first message that waits, or delete it, and return it."""
        now = self._clock()
        message = self._queue.next(now)
        if message is None:
            return None
        if and_delete:
            content = self._content(message)
            self.delete(message)
            return _ReceivedMessage(content, None)
        lock = self._queue.lock(message, now)
        until = self.to_wall_time(lock.until)
        return _ReceivedMessage(self._content(message, until, _as_uuid(lock.token)), lock.token)

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
            case DeadLetter():
                self._dead_letter(message, settlement)

    def renew(self, token: str) -> float:
        """Renew a lock for its full duration. Return until when. Raises LockLostError."""
        return self.to_wall_time(self._queue.renew(token, self._clock()).until)

    def check(self, token: str) -> None:
        """Raise LockLostError unless `token` locks a message here."""
        self._queue.locked(token, self._clock())

    def peek(self, start: int, count: int, size: int = 262144) -> list[bytes]:
        """Return messages from sequence number `start` on, without locking them.

        Up to `count`, and no more than fit into `size` bytes, but at least one.
        """
        found: list[bytes] = []
        for each in islice(self._visible(start), count):
            content = self._content(each, state=0)
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

    def _visible(self, start: int) -> Iterator[QueuedMessage]:
        now = self._clock()
        for each in self._queue.browse(start):
            if each.lock or not self._queue.is_expired(each, now):
                yield each

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
        self.on_ready(self)

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


def _as_uuid(token: str) -> UUID:
    """Return a lock token as clients see it: the delivery tag's bytes in .NET's order of a GUID."""
    return UUID(bytes_le=token.encode("latin-1"))


def _delivered_too_often(times: int) -> DeadLetter:
    """Return Azure's reason. The dead letter's header then has the same number of deliveries."""
    return DeadLetter(
        "MaxDeliveryCountExceeded",
        f"Message could not be consumed after {times} delivery attempts.",
    )
