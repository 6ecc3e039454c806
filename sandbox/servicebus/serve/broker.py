"""The entities of a namespace, and the destinations that senders send to: queues and topics."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sandbox.deployment import EntitySettings, Namespace, Queue, Topic
from sandbox.servicebus.serve.duplicates import DuplicateDetection
from sandbox.servicebus.serve.entity import Entity, seconds
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.rules import Filters, compiled
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Clock, Subqueue


class Destination(Protocol):
    """A queue or a topic, as a sender sees it."""

    def send(self, messages: Sequence[Message]) -> None:
        """Store all of `messages`, except duplicates."""


class _Queue:
    def __init__(self, entity: Entity, detection: DuplicateDetection) -> None:
        self._entity = entity
        self._detection = detection

    def send(self, messages: Sequence[Message]) -> None:
        for message in self._detection.new(messages):
            self._entity.enqueue(message)


class _Topic:
    """A topic: each subscription with a rule that matches a message gets one copy of it."""

    def __init__(
        self,
        path: str,
        settings: EntitySettings,
        store: Store,
        subscriptions: Sequence[tuple[Entity, Filters]],
        detection: DuplicateDetection,
    ) -> None:
        self._store = store
        self._id, self._last_sequence = store.queue(path)
        self._time_to_live = seconds(settings)
        self._subscriptions = subscriptions
        self._detection = detection

    def send(self, messages: Sequence[Message]) -> None:
        for message in self._detection.new(messages):
            # Numbered by the topic even if no subscription gets it, as the copies' origin.
            self._last_sequence += 1
            for entity, filters in self._subscriptions:
                if filters.match(message):
                    entity.enqueue(
                        message, origin=self._last_sequence, time_to_live=self._time_to_live
                    )
        self._store.set_last_sequence(self._id, self._last_sequence)


class Broker:
    """The entities of a namespace, by resource id in lower case, loaded from their store."""

    def __init__(
        self,
        namespace: Namespace,
        store: Store,
        clock: Clock,
        on_ready: Callable[[Subqueue], None],
        to_wall_time: Callable[[float], float] = lambda moment: moment,
    ) -> None:
        """`to_wall_time` converts a time of `clock` for clients, which compare it with their own.

        Raises RuleError if a rule's filter is not understood.
        """
        self.destinations: dict[str, Destination] = {}
        self.entities: dict[str, Entity] = {}
        self._store = store
        self._clock = clock
        self._on_ready = on_ready
        self._to_wall_time = to_wall_time
        self._detections: list[DuplicateDetection] = []
        self._paths: set[str] = set()
        for queue in namespace.queues:
            self._add_queue(queue)
        for topic in namespace.topics:
            self._add_topic(topic)
        store.delete_all_except(frozenset(self._paths))

    def sweep(self) -> bool:
        """End locks, expire messages and forget ids of duplicates, as far as they are due.

        Return whether anything was due.
        """
        swept = [entity.sweep() for entity in self.entities.values()]
        forgotten = [detection.forget() for detection in self._detections]
        return any(swept) or any(forgotten)

    def next_due(self) -> float | None:
        """Return the earliest time at which a lock ends or a message expires."""
        subqueues = (each for entity in self.entities.values() for each in entity.subqueues)
        dues = (each.next_due() for each in subqueues)
        return min((due for due in dues if due is not None), default=None)

    def _add_queue(self, queue: Queue) -> None:
        path = f"queues/{queue.name.lower()}"
        entity = self._entity(queue.id, path, queue.settings)
        detection = self._detection(path, queue.settings)
        self.destinations[queue.id.lower()] = _Queue(entity, detection)

    def _add_topic(self, topic: Topic) -> None:
        path = f"topics/{topic.name.lower()}"
        subscriptions = []
        for each in topic.subscriptions:
            filters = compiled(each.rules, f"{topic.name}/Subscriptions/{each.name}")
            below = f"{path}/subscriptions/{each.name.lower()}"
            subscriptions.append((self._entity(each.id, below, each.settings), filters))
        self._paths.add(path)
        detection = self._detection(path, topic.settings)
        self.destinations[topic.id.lower()] = _Topic(
            path, topic.settings, self._store, subscriptions, detection
        )

    def _entity(self, resource_id: str, path: str, settings: EntitySettings) -> Entity:
        self._paths.add(path)
        entity = Entity(path, settings, self._store, self._clock)
        self.entities[resource_id.lower()] = entity
        for subqueue in entity.subqueues:
            subqueue.on_ready = self._on_ready
            subqueue.to_wall_time = self._to_wall_time
        return entity

    def _detection(self, path: str, settings: EntitySettings) -> DuplicateDetection:
        detection = DuplicateDetection(path, settings, self._store, self._clock)
        self._detections.append(detection)
        return detection
