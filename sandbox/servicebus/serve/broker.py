"""All entities of a namespace, and what senders may send to: queues and topics."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from sandbox.deployment import EntitySettings, Namespace, Queue, Topic
from sandbox.servicebus.serve.duplicates import Duplicates
from sandbox.servicebus.serve.entity import Entity, seconds
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.rules import Filters, compiled
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Clock, Subqueue


class Destination(Protocol):
    """What a sender attaches to."""

    def send(self, messages: Sequence[Message]) -> None:
        """Store all of `messages`, except duplicates."""


class _Queue:
    def __init__(self, entity: Entity, unseen: "_Unseen") -> None:
        self._entity = entity
        self._unseen = unseen

    def send(self, messages: Sequence[Message]) -> None:
        for message in self._unseen.among(messages):
            self._entity.enqueue(message)


class _Topic:
    """Each subscription gets one copy of what at least one of its rules lets through."""

    def __init__(
        self,
        path: str,
        settings: EntitySettings,
        store: Store,
        subscriptions: Sequence[tuple[Entity, Filters]],
        unseen: "_Unseen",
    ) -> None:
        self._store = store
        self._id, self._last_sequence = store.queue(path)
        self._time_to_live = seconds(settings)
        self._subscriptions = subscriptions
        self._unseen = unseen

    def send(self, messages: Sequence[Message]) -> None:
        for message in self._unseen.among(messages):
            self._last_sequence += 1
            for entity, filters in self._subscriptions:
                if filters.let_through(message):
                    entity.enqueue(
                        message, origin=self._last_sequence, time_to_live=self._time_to_live
                    )
        self._store.number(self._id, self._last_sequence)


class _Unseen:
    """Sorts out duplicates, where the entity detects them."""

    def __init__(self, path: str, settings: EntitySettings, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._duplicates: Duplicates | None = None
        if settings.duplicate_window is not None:
            window = settings.duplicate_window.total_seconds()
            self._duplicates = Duplicates(store, store.queue(path)[0], window)

    def among(self, messages: Sequence[Message]) -> Iterable[Message]:
        now = self._clock()
        for message in messages:
            if self._duplicates is None or self._duplicates.is_new(message.message_id, now):
                yield message

    def forget(self) -> bool:
        return self._duplicates is not None and self._duplicates.forget(self._clock())


class Broker:
    """The entities of a namespace, by resource id in lower case, loaded from their store."""

    def __init__(
        self,
        namespace: Namespace,
        store: Store,
        clock: Clock,
        on_ready: Callable[[Subqueue], None],
        shown: Callable[[float], float] = lambda moment: moment,
    ) -> None:
        """`shown` gives a time of `clock` as clients are told it.

        Raises RuleError if a rule's filter is not understood.
        """
        self.destinations: dict[str, Destination] = {}
        self.entities: dict[str, Entity] = {}
        self._store = store
        self._clock = clock
        self._on_ready = on_ready
        self._shown = shown
        self._unseen: list[_Unseen] = []
        self._paths: set[str] = set()
        for queue in namespace.queues:
            self._add_queue(queue)
        for topic in namespace.topics:
            self._add_topic(topic)
        store.forget_all_but(frozenset(self._paths))

    def sweep(self) -> bool:
        """Do what has become due: locks that end, messages too old, ids out of the window.

        Gives whether there was anything.
        """
        swept = [entity.sweep() for entity in self.entities.values()]
        forgotten = [unseen.forget() for unseen in self._unseen]
        return any(swept) or any(forgotten)

    def next_due(self) -> float | None:
        """When to sweep again, at the earliest."""
        subqueues = (each for entity in self.entities.values() for each in entity.subqueues)
        dues = (each.next_due() for each in subqueues)
        return min((due for due in dues if due is not None), default=None)

    def _add_queue(self, queue: Queue) -> None:
        path = f"queues/{queue.name.lower()}"
        entity = self._entity(queue.id, path, queue.settings)
        unseen = self._unseen_at(path, queue.settings)
        self.destinations[queue.id.lower()] = _Queue(entity, unseen)

    def _add_topic(self, topic: Topic) -> None:
        path = f"topics/{topic.name.lower()}"
        subscriptions = []
        for each in topic.subscriptions:
            filters = compiled(each.rules, f"{topic.name}/Subscriptions/{each.name}")
            below = f"{path}/subscriptions/{each.name.lower()}"
            subscriptions.append((self._entity(each.id, below, each.settings), filters))
        self._paths.add(path)
        unseen = self._unseen_at(path, topic.settings)
        self.destinations[topic.id.lower()] = _Topic(
            path, topic.settings, self._store, subscriptions, unseen
        )

    def _entity(self, resource_id: str, path: str, settings: EntitySettings) -> Entity:
        self._paths.add(path)
        entity = Entity(path, settings, self._store, self._clock)
        self.entities[resource_id.lower()] = entity
        for subqueue in entity.subqueues:
            subqueue.on_ready = self._on_ready
            subqueue.shown = self._shown
        return entity

    def _unseen_at(self, path: str, settings: EntitySettings) -> _Unseen:
        unseen = _Unseen(path, settings, self._store, self._clock)
        self._unseen.append(unseen)
        return unseen
