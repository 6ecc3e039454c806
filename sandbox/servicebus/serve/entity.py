"""A queue or a subscription: messages, dead letters, and the settings that apply to them."""

import secrets

from sandbox.deployment import EntitySettings
from sandbox.servicebus.serve.locking import LockingQueue, MessageState, QueuedMessage
from sandbox.servicebus.serve.message import Message, with_properties
from sandbox.servicebus.serve.session_queue import SessionQueue
from sandbox.servicebus.serve.settlement import DeadLetter
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Clock, DeadLetterPolicy, Subqueue

# A queue refuses such a message; a topic takes it, and only the subscription needs a session.
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
_WITHOUT_SESSION = DeadLetter(
    "Session ID is null.",
    "Session enabled entity doesn't allow a message whose session identifier is null.",
)
_EXPIRED = DeadLetter("TTLExpiredException", "The message expired and was dead lettered.")


class Entity:
    """A queue or subscription. Both its subqueues number their messages from one sequence."""

    def __init__(self, path: str, settings: EntitySettings, store: Store, clock: Clock) -> None:
        self.path = path
        self._settings = settings
        self._store = store
        self._clock = clock
        self.queue_id, self._last_sequence = store.queue(path)
        self.sessions = self._session_queue() if settings.requires_session else None
        own = self.sessions
        self.active = self._subqueue(path, self._policy()) if own is None else own
        self.dead_letters = self._subqueue(f"{path}/$deadletterqueue", None)
        self._load()

    @property
    def requires_session(self) -> bool:
        """Return whether each message needs a session, which one receiver holds at a time."""
        return self.sessions is not None

    @property
    def subqueues(self) -> tuple[Subqueue, Subqueue]:
        """Return the active messages and the dead letters."""
        return self.active, self.dead_letters

    def change(self, settings: EntitySettings) -> None:
        """Take other settings, for messages and locks from now on."""
        if settings == self._settings:
            return
        self._settings = settings
        self.active.change(self._lock_duration(), self._policy())
        self.dead_letters.change(self._lock_duration(), None)

    def enqueue(
        self, message: Message, *, origin: int = 0, time_to_live: float | None = None
    ) -> int:
        """Store a message and make it available to receivers. Return its sequence number.

        `origin` is the number that its topic gave it, or 0; `time_to_live` is the topic's limit in
        seconds.
        """
        sequence = self.next_number()
        queued = QueuedMessage(
            row=0,
            sequence=sequence,
            origin=origin,
            enqueued=self._clock(),
            time_to_live=_shortest(message.time_to_live, time_to_live, seconds(self._settings)),
            session=message.session_id if self.requires_session else None,
        )
        queued.row = self._store.add(self.queue_id, queued, message.content)
        if self.requires_session and queued.session is None:
            self._dead_letter(queued, _WITHOUT_SESSION)
        else:
            self.active.add(queued)
        return sequence

    def next_number(self, *, stored: bool = False) -> int:
        """Return the next sequence number, and store that it was given if `stored`."""
        self._last_sequence += 1
        if stored:
            self._store.set_last_sequence(self.queue_id, self._last_sequence)
        return self._last_sequence

    def sweep(self) -> bool:
        """End the locks that are due, and drop or dead-letter the expired messages.

        Return whether anything was due.
        """
        now = self._clock()
        swept = [each.sweep(now, self._expire) for each in self.subqueues]
        return any(swept)

    def _expire(self, message: QueuedMessage) -> None:
        if self._settings.dead_letter_on_expiration:
            self._dead_letter(message, _EXPIRED)
        else:
            self.active.delete(message)

    def _dead_letter(self, message: QueuedMessage, reason: DeadLetter) -> None:
        content = with_properties(self._store.content(message.row), reason.as_properties)
        self._store.dead_letter(message.row, message.deliveries, content)
        self.active.release(message)
        message.state, message.session = MessageState.ACTIVE, None
        self.dead_letters.add(message)

    def _lock_duration(self) -> float:
        return self._settings.lock_duration.total_seconds()

    def _policy(self) -> DeadLetterPolicy:
        return DeadLetterPolicy(self._settings.max_delivery_count, self._dead_letter)

    def _session_queue(self) -> SessionQueue:
        locks = LockingQueue(self._lock_duration(), new_token)
        return SessionQueue(
            self.path, self._store, self._clock, locks, self._policy(), row=self.queue_id
        )

    def _subqueue(self, path: str, policy: DeadLetterPolicy | None) -> Subqueue:
        locks = LockingQueue(self._lock_duration(), new_token, expiring=policy is not None)
        return Subqueue(path, self._store, self._clock, locks, policy)

    def _load(self) -> None:
        for message, is_dead_letter in self._store.messages(self.queue_id):
            if is_dead_letter or not self.requires_session:
                message.session = None
            elif message.session is None:
                # Stored before the deployment required sessions.
                content = self._store.content(message.row)
                message.session = Message.parse(content).session_id
                if message.session is None:
                    self._dead_letter(message, _WITHOUT_SESSION)
                    continue
            subqueue = self.dead_letters if is_dead_letter else self.active
            subqueue.add(message)


def new_token() -> str:
    """Return a lock token: 16 characters that fill a UUID, since proton's tags are text."""
    return secrets.token_urlsafe(12)


def seconds(settings: EntitySettings) -> float | None:
    """Return an entity's default time to live in seconds."""
    return settings.time_to_live.total_seconds() if settings.time_to_live is not None else None


def _shortest(*limits: float | None) -> float | None:
    """Return the shortest limit: a message lives as long as both sender and entity allow.

    https://learn.microsoft.com/azure/service-bus-messaging/message-expiration
    """
    return min((each for each in limits if each is not None), default=None)
