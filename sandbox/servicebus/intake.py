"""The rules for messages on their way to a queue or a topic, by link or by `$management`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sandbox.servicebus import errors, limit_errors, session_errors
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.serve.destination import Destination
from sandbox.servicebus.serve.message import Message, messages_in, oversized


class RejectedError(Exception):
    """Messages that are not stored, or a request that is refused, with the error for the client.

    `status` is that of a reply of `$management`.
    """

    def __init__(self, condition: Condition, status: int = 400) -> None:
        super().__init__(condition.description)
        self.condition = condition
        self.status = status


@dataclass(frozen=True)
class Intake:
    """The messages that one sender may store at one destination.

    With `assign_ids`, a message without an id gets one. `throttled` returns the error that rejects
    a message while the namespace is busy.
    """

    destination: Destination
    max_message_size: int
    assign_ids: bool
    throttled: Callable[[], Condition | None]

    def send(self, content: bytes, message_format: int) -> None:
        """Store the messages of one transfer. Raises RejectedError."""
        try:
            messages = messages_in(content, message_format)
        except MalformedError as error:
            raise RejectedError(errors.malformed(str(error))) from error
        self.destination.send(self._accepted(messages))

    def schedule(self, contents: Sequence[bytes]) -> list[int]:
        """Store messages for their times. Return their sequence numbers.

        Raises RejectedError, or MalformedError.
        """
        messages = [Message.parse(each) for each in contents]
        if any(each.due is None for each in messages):
            raise MalformedError("a message has no x-opt-scheduled-enqueue-time")
        return self.destination.schedule(self._accepted(messages))

    def _accepted(self, messages: list[Message]) -> list[Message]:
        """Return messages that may be stored. Raises RejectedError."""
        if busy := self.throttled():
            raise RejectedError(busy)
        if excess := next(filter(None, map(oversized, messages)), None):
            raise RejectedError(limit_errors.oversized_properties(excess))
        if self.destination.requires_session and any(each.session_id is None for each in messages):
            raise RejectedError(session_errors.id_missing())
        if not self.assign_ids:
            return messages
        return [m if m.message_id is not None else m.with_id(uuid4().hex) for m in messages]
