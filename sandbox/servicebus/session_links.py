"""The links of session receivers: each attaches once its receiver has a session.

https://learn.microsoft.com/azure/service-bus-messaging/message-sessions
"""

from collections.abc import Callable

from sandbox.servicebus import session_errors
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.serve.session_queue import HeldSession, SessionQueue
from sandbox.servicebus.serve.sessions import SessionLockedError, Waiter

# In seconds, for a client that names no time: `_pyamqp_transport.py` of azure-servicebus.
_WAIT = 65.0


class SessionOpening:
    """A link that waits for its session. A receiver takes its place, or it is refused."""

    kind = "consumer"

    def __init__(
        self, queue: SessionQueue, name: str | None, wait: float | None, origin: tuple[str, str]
    ) -> None:
        """Without a `name` it waits for the next session, for so many seconds.

        `origin` is the namespace and the path, which the errors name.
        """
        self._queue = queue
        self._name = name
        self._seconds = wait or _WAIT
        self._origin = origin
        self._waiter: Waiter | None = None

    def begin(
        self, accepted: Callable[[HeldSession], None], refused: Callable[[Condition], None]
    ) -> None:
        """Accept the session that was named, or wait for the next one.

        `refused` is also called later, if the lock on the session ends.
        """

        def on_lost() -> None:
            refused(session_errors.lock_lost(*self._origin))

        def accept(name: str) -> None:
            accepted(self._queue.accept(name, on_lost))

        def timed_out() -> None:
            refused(session_errors.none_in_time(self._seconds, *self._origin))

        if self._name is None:
            self._waiter = self._queue.wait(self._seconds, accept, timed_out)
            return
        try:
            accept(self._name)
        except SessionLockedError:
            refused(session_errors.cannot_be_locked(self._name))

    def ended(self) -> None:
        """Wait no more: the link has ended."""
        if self._waiter:
            self._queue.leave(self._waiter)
