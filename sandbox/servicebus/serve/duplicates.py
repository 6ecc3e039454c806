"""Duplicate detection: a message id that was seen within the window is not enqueued again.

https://learn.microsoft.com/azure/service-bus-messaging/duplicate-detection
"""

from sandbox.servicebus.serve.store import Store


class Duplicates:
    """The message ids that one queue or topic has seen within its window."""

    def __init__(self, store: Store, queue: int, window: float) -> None:
        self._store = store
        self._queue = queue
        self._window = window
        self._seen = dict(store.duplicates(queue))

    def is_new(self, message_id: str | None, now: float) -> bool:
        """Whether to enqueue a message of this id; a new id is remembered from `now` on."""
        if message_id is None:
            return True
        if self._seen.get(message_id, float("-inf")) > now - self._window:
            return False
        self._seen.pop(message_id, None)
        self._seen[message_id] = now
        self._store.saw(self._queue, message_id, now)
        return True

    def forget(self, now: float) -> bool:
        """Drop what lies before the window; whether there was any."""
        before = now - self._window
        old = 0
        while self._seen and next(iter(self._seen.values())) <= before:
            del self._seen[next(iter(self._seen))]
            old += 1
        if old:
            self._store.forget_seen(self._queue, before)
        return old > 0
