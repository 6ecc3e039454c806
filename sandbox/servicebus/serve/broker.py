"""The broker of a namespace: its entities, and the destinations that senders send to."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from sandbox.deployment import EntitySettings, Namespace, Queue, Subscription, Topic
from sandbox.servicebus.serve.destination import Destination, QueueDestination, TopicDestination
from sandbox.servicebus.serve.duplicates import DuplicateDetection
from sandbox.servicebus.serve.entity import Entity, seconds
from sandbox.servicebus.serve.rules import Filters, RuleError, compiled
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Clock, Source


class FixedSettingError(RuleError):
    """A change of a setting that only a new entity can have. The text names both."""


class Broker:
    """The entities of a namespace, by resource id in lower case, loaded from their store."""

    def __init__(
        self,
        namespace: Namespace,
        store: Store,
        clock: Clock,
        on_ready: Callable[[Source], None],
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
        self._detections: dict[str, DuplicateDetection] = {}
        self.deploy(namespace)

    def deploy(self, namespace: Namespace) -> None:
        """Add, change and delete entities until they are those of `namespace`.

        An entity that stays keeps its messages, locks and receivers. One that goes loses all.
        Raises RuleError before anything has changed, or sqlite3.Error.
        """
        self.check(namespace)
        filters = _filters(namespace)
        for queue in namespace.queues:
            self._put_queue(queue)
        for topic in namespace.topics:
            self._put_topic(topic, filters)
        self._delete_others(namespace)

    def check(self, namespace: Namespace) -> None:
        """Raise FixedSettingError if an entity that stays would gain or lose its sessions.

        Azure/azure-sdk-for-python, sdk/servicebus/azure-servicebus/tests/mgmt_tests/recordings
        """
        entities: list[Queue | Subscription] = [*namespace.queues]
        for topic in namespace.topics:
            entities += topic.subscriptions
        for each in entities:
            known = self.entities.get(each.id.lower())
            if known and known.requires_session != each.settings.requires_session:
                raise FixedSettingError(
                    f"requiresSession of '{each.name}' cannot change, nor can it on Azure: delete "
                    "the entity, and create it with the other value."
                )

    def sweep(self) -> bool:
        """End locks, expire and enqueue messages, and forget ids of duplicates, all as it is due.

        Return whether anything was due.
        """
        enqueued = [each.sweep() for each in self.destinations.values()]
        swept = [entity.sweep() for entity in self.entities.values()]
        forgotten = [detection.forget() for detection in self._detections.values()]
        return any(enqueued) or any(swept) or any(forgotten)

    def next_due(self) -> float | None:
        """Return the earliest time at which a lock ends, or a message expires or is enqueued."""
        subqueues = (each for entity in self.entities.values() for each in entity.subqueues)
        ends = (each.next_due() for each in subqueues)
        enqueued = (each.scheduled.next_due() for each in self.destinations.values())
        return min((due for due in chain(ends, enqueued) if due is not None), default=None)

    def _put_queue(self, queue: Queue) -> None:
        path = _path_of_queue(queue)
        entity = self._put_entity(queue.id, path, queue.settings)
        detection = self._detection(path, queue.settings)
        key, known = queue.id.lower(), self.destinations.get(queue.id.lower())
        if isinstance(known, QueueDestination):
            known.detection = detection
        else:
            self.destinations[key] = QueueDestination(entity, detection, self._store, self._clock)

    def _put_topic(self, topic: Topic, filters: Mapping[str, Filters]) -> None:
        path = _path_of_topic(topic)
        subscriptions = [
            (self._put_entity(each.id, below, each.settings), filters[each.id])
            for each, below in _below(topic)
        ]
        detection = self._detection(path, topic.settings)
        known = self.destinations.get(topic.id.lower())
        if isinstance(known, TopicDestination):
            known.time_to_live, known.detection = seconds(topic.settings), detection
            known.subscriptions = subscriptions
        else:
            self.destinations[topic.id.lower()] = TopicDestination(
                path,
                topic.settings,
                subscriptions,
                detection,
                store=self._store,
                clock=self._clock,
            )

    def _put_entity(self, resource_id: str, path: str, settings: EntitySettings) -> Entity:
        if known := self.entities.get(resource_id.lower()):
            known.change(settings)
            return known
        entity = Entity(path, settings, self._store, self._clock)
        self.entities[resource_id.lower()] = entity
        for subqueue in entity.subqueues:
            subqueue.on_ready = self._on_ready
            subqueue.to_wall_time = self._to_wall_time
        return entity

    def _delete_others(self, namespace: Namespace) -> None:
        """Delete the entities that `namespace` does not have, with their messages."""
        topics = {each.id.lower(): _path_of_topic(each) for each in namespace.topics}
        queues = {each.id.lower(): _path_of_queue(each) for each in namespace.queues}
        below = {
            each.id.lower(): path for topic in namespace.topics for each, path in _below(topic)
        }
        for gone in self.entities.keys() - (queues | below).keys():
            del self.entities[gone]
        for gone in self.destinations.keys() - (queues | topics).keys():
            del self.destinations[gone]
        paths = frozenset((queues | topics | below).values())
        for gone in self._detections.keys() - paths:
            del self._detections[gone]
        self._store.delete_all_except(paths)

    def _detection(self, path: str, settings: EntitySettings) -> DuplicateDetection:
        """Return the duplicate detection at `path`, with all ids that its store remembers."""
        detection = DuplicateDetection(path, settings, self._store, self._clock)
        self._detections[path] = detection
        return detection


def _filters(namespace: Namespace) -> dict[str, Filters]:
    """Return the filters of each subscription, by its id. Raises RuleError."""
    return {
        each.id: compiled(each.rules, f"{topic.name}/Subscriptions/{each.name}")
        for topic in namespace.topics
        for each in topic.subscriptions
    }


def _path_of_queue(queue: Queue) -> str:
    return f"queues/{queue.name.lower()}"


def _path_of_topic(topic: Topic) -> str:
    return f"topics/{topic.name.lower()}"


def _below(topic: Topic) -> Iterator[tuple[Subscription, str]]:
    """Yield the subscriptions of `topic`, each with its path."""
    for each in topic.subscriptions:
        yield each, f"{_path_of_topic(topic)}/subscriptions/{each.name.lower()}"
