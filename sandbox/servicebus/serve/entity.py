"""A queue or a subscription: messages, dead letters, and the settings that rule them."""

import secrets

from sandbox.deployment import EntitySettings
from sandbox.servicebus.serve.locking import Held, LockingQueue
from sandbox.servicebus.serve.message import Message, with_properties
from sandbox.servicebus.serve.outcome import DeadLetter
from sandbox.servicebus.serve.store import Store, Stored
from sandbox.servicebus.serve.subqueue import Clock, Grave, Subqueue

_EXPIRED = DeadLetter("TTLExpiredException", "The message expired and was dead lettered.")


class Entity:
    """A queue or subscription. Both its subqueues number their messages from one sequence."""

    def __init__(self, path: str, settings: EntitySettings, store: Store, clock: Clock) -> None:
        self.path = path
        self._settings = settings
        self._store = store
        self._clock = clock
        self.queue_id, self._last_sequence = store.queue(path)
        grave = Grave(settings.max_delivery_count, self._bury)
        self.active = self._subqueue(path, grave)
        self.dead = self._subqueue(f"{path}/$deadletterqueue", None)
        self._load()

    @property
    def subqueues(self) -> tuple[Subqueue, Subqueue]:
        """Its messages, and its dead letters."""
        return self.active, self.dead

    def enqueue(
        self, message: Message, *, origin: int | None = None, time_to_live: float | None = None
    ) -> None:
        """Store a message and let it wait.

        `origin` is the number that its topic gave it, `time_to_live` the topic's limit in seconds.
        """
        sequence = self._last_sequence = self._last_sequence + 1
        stored = Stored(
            row=0,
            dead=False,
            sequence=sequence,
            origin=origin or sequence,
            enqueued=self._clock(),
            time_to_live=_shortest(message.time_to_live, time_to_live, seconds(self._settings)),
            deliveries=0,
        )
        row = self._store.add(self.queue_id, stored, message.content)
        self.active.hold(_held(stored, row))

    def sweep(self) -> bool:
        """Give back what was locked too long, drop or bury what is too old. Was there any?"""
        now = self._clock()
        swept = [each.sweep(now, self._too_old) for each in self.subqueues]
        return any(swept)

    def _too_old(self, message: Held) -> None:
        if self._settings.dead_letter_on_expiration:
            self._bury(message, _EXPIRED)
        else:
            self.active.remove(message)

    def _bury(self, message: Held, why: DeadLetter) -> None:
        content = with_properties(self._store.content(message.row), why.written)
        self._store.bury(message.row, message.deliveries, content)
        self.active.take_out(message)
        self.dead.hold(message)

    def _subqueue(self, path: str, grave: Grave | None) -> Subqueue:
        lock_duration = self._settings.lock_duration.total_seconds()
        locks = LockingQueue(lock_duration, new_token, expiring=grave is not None)
        return Subqueue(path, self._store, self._clock, locks, grave)

    def _load(self) -> None:
        for stored in self._store.messages(self.queue_id):
            place = self.dead if stored.dead else self.active
            place.hold(_held(stored, stored.row))


def new_token() -> str:
    """A lock token: 16 characters that fill a UUID, since proton's delivery tags are text."""
    return secrets.token_urlsafe(12)


def seconds(settings: EntitySettings) -> float | None:
    """How long an entity lets messages live."""
    return settings.time_to_live.total_seconds() if settings.time_to_live is not None else None


def _shortest(*limits: float | None) -> float | None:
    """A message lives as long as its sender and its entity let it, whichever ends first.

    https://learn.microsoft.com/azure/service-bus-messaging/message-expiration
    """
    return min((each for each in limits if each is not None), default=None)


def _held(stored: Stored, row: int) -> Held:
    return Held(
        row=row,
        sequence=stored.sequence,
        origin=stored.origin,
        enqueued=stored.enqueued,
        time_to_live=stored.time_to_live,
        deliveries=stored.deliveries,
    )
