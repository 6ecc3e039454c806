"""The destinations that senders send to: queues and topics."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import islice

from sandbox.deployment import EntitySettings
from sandbox.servicebus.serve.duplicates import DuplicateDetection
from sandbox.servicebus.serve.entity import Entity, seconds
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.rules import Filters
from sandbox.servicebus.serve.schedule import Schedule
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Clock

# Scheduled messages in one turn, which takes some milliseconds for so many.
_AT_ONCE = 500


class Destination(ABC):
    """A queue or a topic, as a sender sees it."""

    def __init__(
        self, detection: DuplicateDetection, schedule: Schedule, store: Store, clock: Clock
    ) -> None:
        self.detection = detection
        self.scheduled = schedule
        self._store = store
        self._clock = clock

    @property
    def requires_session(self) -> bool:
        """Return whether each message needs a session id."""
        return False

    def send(self, messages: Sequence[Message]) -> None:
        """Store all of `messages`, except duplicates."""
        for message in self.detection.new(messages):
            if message.due is None:
                self._enqueue(message)
            else:
                self._enqueue_later(message, message.due)

    def schedule(self, messages: Sequence[Message]) -> list[int]:
        """Store messages for their times. Return their sequence numbers.

        A duplicate gets a number, too, under which there is nothing.
        """
        numbers = []
        for message in messages:
            if any(self.detection.new([message])):
                numbers.append(self._enqueue_later(message, message.due or 0))
            else:
                numbers.append(self._next_number(stored=True))
        return numbers

    def cancel(self, sequences: Sequence[int]) -> None:
        """Delete scheduled messages. Raises MessageNotFoundError, and deletes none."""
        self.scheduled.cancel(sequences)

    def sweep(self) -> bool:
        """Enqueue the scheduled messages whose time has come. Return whether there were any.

        Each is then a new message, with a number and a time of its own; duplicates were found when
        it was scheduled. Of very many, the rest follows with the next sweep.
        """
        enqueued = 0
        for message in islice(self.scheduled.take_due(self._clock()), _AT_ONCE):
            self._enqueue(message)
            enqueued += 1
        return enqueued > 0

    def _enqueue_later(self, message: Message, due: float) -> int:
        now = self._clock()
        if due <= now:
            return self._enqueue(message)
        number = self._next_number()
        session = message.session_id if self.requires_session else None
        self.scheduled.add(message, number, now, due, session)
        return number

    @abstractmethod
    def _enqueue(self, message: Message) -> int:
        """Make a message available to receivers now. Return its sequence number."""

    @abstractmethod
    def _next_number(self, *, stored: bool = False) -> int:
        """Return the next sequence number, and store that it was given if `stored`."""


class QueueDestination(Destination):
    """A queue, which receives what is sent to it."""

    def __init__(
        self, entity: Entity, detection: DuplicateDetection, store: Store, clock: Clock
    ) -> None:
        schedule = Schedule(entity.queue_id, store)
        super().__init__(detection, schedule, store, clock)
        self._entity = entity
        entity.active.schedule = schedule

    @property
    def requires_session(self) -> bool:
        """Return whether each message needs a session id."""
        return self._entity.requires_session

    def _enqueue(self, message: Message) -> int:
        return self._entity.enqueue(message)

    def _next_number(self, *, stored: bool = False) -> int:
        return self._entity.next_number(stored=stored)


class TopicDestination(Destination):
    """A topic: each subscription with a rule that matches a message gets one copy of it.

    Senders hold it, so its settings and subscriptions are replaced in place.
    """

    def __init__(
        self,
        path: str,
        settings: EntitySettings,
        subscriptions: Sequence[tuple[Entity, Filters]],
        detection: DuplicateDetection,
        *,
        store: Store,
        clock: Clock,
    ) -> None:
        self._id, self._last_sequence = store.queue(path)
        super().__init__(detection, Schedule(self._id, store), store, clock)
        self.time_to_live = seconds(settings)
        self.subscriptions = subscriptions

    def send(self, messages: Sequence[Message]) -> None:
        """Store a copy of each message for each subscription that gets it."""
        super().send(messages)
        self._store.set_last_sequence(self._id, self._last_sequence)

    def sweep(self) -> bool:
        """Enqueue the scheduled messages whose time has come. Return whether there were any."""
        swept = super().sweep()
        if swept:
            self._store.set_last_sequence(self._id, self._last_sequence)
        return swept

    def _enqueue(self, message: Message) -> int:
        # Numbered by the topic even if no subscription gets it, as the copies' origin.
        number = self._next_number()
        for entity, filters in self.subscriptions:
            if filters.match(message):
                entity.enqueue(message, origin=number, time_to_live=self.time_to_live)
        return number

    def _next_number(self, *, stored: bool = False) -> int:
        self._last_sequence += 1
        if stored:
            self._store.set_last_sequence(self._id, self._last_sequence)
        return self._last_sequence
