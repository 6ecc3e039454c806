"""Scheduled messages: a queue or a topic keeps each until its time, and then enqueues it.

A queue shows them when it is peeked. A topic's reach no subscription before their time, so a rule
that changes meanwhile applies to them.
https://learn.microsoft.com/azure/service-bus-messaging/message-sequencing#scheduled-messages
"""

import heapq
from collections.abc import Iterable, Iterator

from sandbox.servicebus.serve.locking import MessageState, QueuedMessage
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.store import Store


class MessageNotFoundError(Exception):
    """A message that was asked for by its sequence number does not exist, or is locked."""


class Schedule:
    """The scheduled messages of one queue or topic, each with a sequence number."""

    def __init__(self, queue: int, store: Store) -> None:
        """Load the scheduled messages of `queue`, an id of `store`."""
        self._queue = queue
        self._store = store
        self._messages: dict[int, QueuedMessage] = {}
        self._due: list[tuple[float, int]] = []
        for due, message in store.scheduled(queue):
            self._keep(message, due)

    def __len__(self) -> int:
        return len(self._messages)

    def add(
        self, message: Message, sequence: int, now: float, due: float, session: str | None
    ) -> None:
        """Keep a message from the time `now` until the time `due`."""
        kept = QueuedMessage(
            row=0,
            sequence=sequence,
            origin=0,
            enqueued=now,
            time_to_live=message.time_to_live,
            session=session,
            state=MessageState.SCHEDULED,
        )
        kept.row = self._store.schedule(self._queue, kept, message.content, due)
        self._keep(kept, due)

    def cancel(self, sequences: Iterable[int]) -> None:
        """Delete messages. Raises MessageNotFoundError, and deletes none, if one is missing."""
        found = [self._messages.get(each) for each in dict.fromkeys(sequences)]
        cancelled = [each for each in found if each is not None]
        if len(cancelled) < len(found):
            raise MessageNotFoundError
        for each in cancelled:
            self._drop(each)

    def take_due(self, now: float) -> Iterator[Message]:
        """Yield the messages whose time has come, and forget each. The caller enqueues them."""
        while self._due and self._due[0][0] <= now:
            _, sequence = heapq.heappop(self._due)
            if kept := self._messages.get(sequence):
                content = self._store.content(kept.row)
                self._drop(kept)
                yield Message.parse(content)

    def next_due(self) -> float | None:
        """Return when the next message is enqueued, or earlier if one was cancelled."""
        return self._due[0][0] if self._due else None

    def browse(self, start: int) -> Iterator[QueuedMessage]:
        """Yield the messages from sequence number `start` on."""
        return (self._messages[each] for each in sorted(self._messages) if each >= start)

    def _keep(self, message: QueuedMessage, due: float) -> None:
        self._messages[message.sequence] = message
        heapq.heappush(self._due, (due, message.sequence))

    def _drop(self, message: QueuedMessage) -> None:
        del self._messages[message.sequence]
        self._store.delete(message.row)
        if len(self._due) > 4 * len(self._messages) + 64:
            self._due = [each for each in self._due if each[1] in self._messages]
            heapq.heapify(self._due)
