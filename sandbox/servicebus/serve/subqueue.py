"""What a receiver attaches to: the messages of an entity, or its dead letters."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from sandbox.servicebus.serve.locking import Held, LockingQueue
from sandbox.servicebus.serve.message import Stamp, stamped, with_properties
from sandbox.servicebus.serve.outcome import Abandon, Complete, DeadLetter, Outcome, Release
from sandbox.servicebus.serve.store import Store

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message on its way to a receiver; without a token it is gone from the queue already."""

    content: bytes
    token: str | None


@dataclass(frozen=True, slots=True)
class Grave:
    """Where messages go that were delivered in vain too often, or that nobody can use."""

    max_deliveries: int
    bury: Callable[[Held, DeadLetter], None]


class Subqueue:
    """Messages in order, received one by one under locks, with all changes written to the store."""

    def __init__(
        self, path: str, store: Store, clock: Clock, queue: LockingQueue, grave: Grave | None
    ) -> None:
        """Without a `grave` these are dead letters: they go nowhere else and nobody counts them."""
        self.path = path
        self.on_ready: Callable[[Subqueue], None] = lambda _: None
        self.shown: Callable[[float], float] = lambda moment: moment
        self._store = store
        self._clock = clock
        self._queue = queue
        self._grave = grave

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def is_waited_for(self) -> bool:
        """Whether a message waits to be received."""
        return self._queue.next(self._clock()) is not None

    def hold(self, message: Held) -> None:
        """Let a stored message wait here."""
        self._queue.add(message)
        self.on_ready(self)

    def take_out(self, message: Held) -> None:
        """Stop holding a message that stays stored."""
        self._queue.remove(message)

    def remove(self, message: Held) -> None:
        """Drop a message."""
        self._queue.remove(message)
        self._store.remove(message.row)

    def receive(self, *, and_delete: bool) -> Delivered | None:
        """The first message that waits: locked, or removed if the receiver wants it so."""
        now = self._clock()
        message = self._queue.next(now)
        if message is None:
            return None
        if and_delete:
            content = self._stamped(message)
            self.remove(message)
            return Delivered(content, None)
        lock = self._queue.lock(message, now)
        until = self.shown(lock.until)
        return Delivered(self._stamped(message, until, as_uuid(lock.token)), lock.token)

    def settle(self, token: str, outcome: Outcome) -> None:
        """End a lock in one of the ways that there are. Raises LockLostError."""
        message = self._queue.locked(token, self._clock())
        match outcome:
            case Complete():
                self.remove(message)
            case Release():
                self._give_back(message)
            case Abandon(properties):
                self._rewrite(message, properties)
                self._failed(message)
            case DeadLetter():
                self._bury(message, outcome)

    def renew(self, token: str) -> float:
        """Lock for the full time again; until when. Raises LockLostError."""
        return self.shown(self._queue.renew(token, self._clock()).until)

    def check(self, token: str) -> None:
        """Raises LockLostError unless `token` locks a message here."""
        self._queue.locked(token, self._clock())

    def peek(self, start: int, count: int, size: int = 262144) -> list[bytes]:
        """Messages from sequence number `start` on, as they are, not locked.

        Up to `count`, and no more than fit into `size` bytes, but one at least.
        """
        found: list[bytes] = []
        for each in islice(self._visible(start), count):
            content = self._stamped(each, state=0)
            size -= len(content)
            if found and size < 0:
                break
            found.append(content)
        return found

    def sweep(self, now: float, too_old: Callable[[Held], None]) -> bool:
        """Give back what was locked for too long, and hand on what is too old. Was there any?"""
        swept = False
        for message in self._queue.unlocked_by(now):
            self._failed(message)
            swept = True
        for message in self._queue.expired_by(now):
            too_old(message)
            swept = True
        return swept

    def next_due(self) -> float | None:
        """When to sweep again, at the earliest."""
        return self._queue.next_due()

    def _visible(self, start: int) -> Iterator[Held]:
        now = self._clock()
        for each in self._queue.browse(start):
            if each.lock or not self._queue.is_expired(each, now):
                yield each

    def _failed(self, message: Held) -> None:
        """One delivery was in vain. Azure does not count those of dead letters.

        https://github.com/Azure/azure-sdk-for-net/issues/53437
        """
        if self._grave is None:
            self._give_back(message)
            return
        message.deliveries += 1
        self._store.count(message.row, message.deliveries)
        if message.deliveries >= self._grave.max_deliveries:
            self._grave.bury(message, _delivered_too_often(message.deliveries))
        else:
            self._give_back(message)

    def _bury(self, message: Held, outcome: DeadLetter) -> None:
        """A dead letter that is dead-lettered stays a dead letter: it must not be lost."""
        if self._grave is None:
            self._rewrite(message, outcome.written)
            self._give_back(message)
        else:
            self._grave.bury(message, outcome)

    def _give_back(self, message: Held) -> None:
        self._queue.give_back(message)
        self.on_ready(self)

    def _rewrite(self, message: Held, properties: Mapping[str, object]) -> None:
        if properties:
            content = with_properties(self._store.content(message.row), properties)
            self._store.rewrite(message.row, content)

    def _stamped(
        self,
        message: Held,
        locked_until: float | None = None,
        lock_token: UUID | None = None,
        state: int | None = None,
    ) -> bytes:
        stamp = Stamp(
            sequence=message.sequence,
            origin=message.origin,
            enqueued=message.enqueued,
            deliveries=message.deliveries,
            time_to_live=message.time_to_live,
            locked_until=locked_until,
            lock_token=lock_token,
            state=state,
        )
        return stamped(self._store.content(message.row), stamp)


def as_uuid(token: str) -> UUID:
    """Return a lock token as clients know it: the bytes of the delivery tag as .NET orders them."""
    return UUID(bytes_le=token.encode("latin-1"))


def _delivered_too_often(times: int) -> DeadLetter:
    """As Azure says it: a dead letter's header then tells the same number of deliveries."""
    return DeadLetter(
        "MaxDeliveryCountExceeded",
        f"Message could not be consumed after {times} delivery attempts.",
    )
