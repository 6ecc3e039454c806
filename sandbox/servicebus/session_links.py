"""The links of session receivers: each attaches once its receiver has a session.

https://learn.microsoft.com/azure/service-bus-messaging/message-sessions
"""

from collections.abc import Callable

from sandbox.servicebus import errors
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.serve.session_queue import HeldSession, SessionQueue
from sandbox.servicebus.serve.sessions import SessionLockedError, Waiter

# In seconds, for a client that names no time: `_pyamqp_transport.py` of azure-servicebus.
_WAIT = 65.0


class SessionOpening:
    """A link that waits for its session. A receiver takes its place, or it is refused."""

    kind = "consumer"

    def __init__(self, link: Link, queue: SessionQueue, origin: tuple[str, str]) -> None:
        """`origin` is the namespace and the path, which the errors name."""
        self._link = link
        self._queue = queue
        self._origin = origin
        self._waiter: Waiter | None = None

    def begin(
        self, accepted: Callable[[HeldSession], None], refused: Callable[[Condition], None]
    ) -> None:
        """Accept the session that the link names, or wait for the next one.

        `refused` is also called later, if the lock on the session ends.
        """

        def on_lost() -> None:
            refused(errors.session_lock_lost(*self._origin))

        def accept(name: str) -> None:
            accepted(self._queue.accept(name, on_lost))

        def timed_out() -> None:
            refused(errors.no_session(seconds, *self._origin))

        name, seconds = self._link.session_id, self._link.timeout or _WAIT
        if name is None:
            self._waiter = self._queue.wait(seconds, accept, timed_out)
            return
        try:
            accept(name)
        except SessionLockedError:
            refused(errors.session_cannot_be_locked(name))

    def ended(self) -> None:
        """Wait no more: the link has ended."""
        if self._waiter:
            self._queue.leave(self._waiter)
