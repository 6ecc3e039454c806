"""Duplicate detection: a message id seen within the window is not enqueued again.

https://learn.microsoft.com/azure/service-bus-messaging/duplicate-detection
"""

from collections.abc import Callable, Iterable, Sequence

from sandbox.deployment import EntitySettings
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.store import Store


class DuplicateDetection:
    """The message ids that one queue or topic has seen within its window, if it has one."""

    def __init__(
        self, path: str, settings: EntitySettings, store: Store, clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._store = store
        self._window: float | None = None
        self._seen: dict[str, float] = {}
        if settings.duplicate_window is not None:
            self._window = settings.duplicate_window.total_seconds()
            self._queue, _ = store.queue(path)
            self._seen = dict(store.duplicates(self._queue))

    def new(self, messages: Sequence[Message]) -> Iterable[Message]:
        """Yield the messages that are no duplicates, and remember their ids."""
        if self._window is None:
            yield from messages
            return
        now = self._clock()
        for message in messages:
            if self._is_new(message.message_id, now - self._window):
                self._remember(message.message_id, now)
                yield message

    def forget(self) -> bool:
        """Forget the ids that have left the window. Return whether there were any."""
        if self._window is None:
            return False
        before = self._clock() - self._window
        expired = 0
        while self._seen and next(iter(self._seen.values())) <= before:
            del self._seen[next(iter(self._seen))]
            expired += 1
        if expired:
            self._store.forget_ids(self._queue, before)
        return expired > 0

    def _is_new(self, message_id: str | None, before: float) -> bool:
        return message_id is None or self._seen.get(message_id, float("-inf")) <= before

    def _remember(self, message_id: str | None, now: float) -> None:
        if message_id is None:
            return
        # Removed first, so that the dict stays in the order of time.
        self._seen.pop(message_id, None)
        self._seen[message_id] = now
        self._store.remember_id(self._queue, message_id, now)
