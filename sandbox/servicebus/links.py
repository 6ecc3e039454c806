"""What links do once they are open: take messages for an entity, or bring messages from one."""

import time
from typing import Protocol
from uuid import uuid4

from sandbox.servicebus import conditions, not_offered
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, decoded
from sandbox.servicebus.amqp.delivery import Disposition, State, Transfer, Verdict
from sandbox.servicebus.amqp.wire import Wire
from sandbox.servicebus.conditions import Condition
from sandbox.servicebus.serve.broker import Destination
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.message import messages_in, oversized
from sandbox.servicebus.serve.outcome import Abandon, Complete, DeadLetter, Outcome, Release
from sandbox.servicebus.serve.subqueue import Subqueue

# Azure lets a sender run that far ahead of its acknowledgements.
_CREDIT = 1000


class Room(Protocol):
    """The connection that a link is on, as far as a receiver has to mind it."""

    @property
    def has_room(self) -> bool:
        """Whether the client reads fast enough to be sent more."""

    def sent(self, size: int) -> None:
        """So many bytes more are on their way."""

    def takes_replies(self) -> bool:
        """Tell whether the client's waiting replies leave room for another."""


class Publisher:
    """A client's sender: stores what comes, and acknowledges it in the turn that commits it."""

    kind = "publisher"

    def __init__(
        self,
        wire: Wire,
        destination: Destination,
        max_message_size: int,
        *,
        gives_ids: bool = True,
    ) -> None:
        """`gives_ids`: a message that comes without an id gets one."""
        self._gives_ids = gives_ids
        self._wire = wire
        self._destination = destination
        self._max = max_message_size
        self._count = 0
        self._discarded = 0

    def opened(self) -> None:
        """Let the client send."""
        self._wire.grant(_CREDIT)

    def on_transfer(self, transfer: Transfer) -> Condition | None:
        """Take what has come of a message. The link lives on, whatever comes."""
        if self._discarded + transfer.size > self._max:
            self._discarded += transfer.discard()
        if transfer.is_aborted or transfer.is_whole:
            refusal = self._whole(transfer)
            self._count, self._discarded = self._count + 1, 0
            if refusal:
                transfer.reject(refusal)
            else:
                transfer.accept()
            if self._wire.credit <= _CREDIT // 2:
                self._wire.grant(_CREDIT - self._wire.credit)
        return None

    def _whole(self, transfer: Transfer) -> Condition | None:
        if transfer.is_aborted:
            transfer.drop()
            return None
        in_transaction = transfer.in_transaction
        content, message_format = transfer.take()
        if self._discarded:
            return conditions.too_large(self._count, self._discarded, self._max)
        if in_transaction:
            return conditions.not_offered(not_offered.IN_TRANSACTION.what)
        return self._store(content, message_format)

    def _store(self, content: bytes, message_format: int) -> Condition | None:
        try:
            messages = messages_in(content, message_format)
        except MalformedError as error:
            return conditions.malformed(str(error))
        if any(each.is_scheduled for each in messages):
            return conditions.not_offered(not_offered.SCHEDULED.what)
        if too_much := next(filter(None, map(oversized, messages)), None):
            return conditions.oversized_properties(too_much)
        if self._gives_ids:
            messages = [m if m.message_id is not None else m.with_id(uuid4().hex) for m in messages]
        self._destination.send(messages)
        return None


class Receiver:
    """A client's receiver: brings messages as long as there is credit, and settles them."""

    kind = "consumer"

    def __init__(self, wire: Wire, subqueue: Subqueue, room: Room, where: tuple[str, str]) -> None:
        """`where` is the namespace and the path, which a lost lock is told with."""
        self._wire = wire
        self._room = room
        self._where = where
        self._settled_before = 0
        self.subqueue = subqueue
        self.delivered = 0.0

    def opened(self) -> None:
        """It waits for the client's credit."""

    @property
    def wants(self) -> bool:
        """Whether it can take a message now."""
        return self._room.has_room and self._wire.credit > 0

    def deliver(self) -> bool:
        """Send the next message, if one waits."""
        and_delete = self._wire.settles_at_once
        message = self.subqueue.receive(and_delete=and_delete)
        if message is None:
            return False
        self._settled_before += 1
        tag = message.token or f"{self._settled_before:016}"
        self._wire.send(message.content, tag, settled=and_delete)
        self._room.sent(len(message.content))
        self.delivered = time.monotonic()
        return True

    def exhausted(self) -> None:
        """Nothing more waits: tell a client that drains."""
        if self._room.has_room:
            self._wire.drained()

    def on_disposition(self, disposition: Disposition) -> None:
        """Settle a message as the client says."""
        if not disposition.is_said:
            return
        outcome = _outcome(disposition.verdict)
        if isinstance(outcome, Condition):
            disposition.refuse(outcome)
            return
        try:
            self.subqueue.settle(disposition.tag, outcome)
        except LockLostError:
            disposition.refuse(conditions.lock_lost(*self._where))
        except (MalformedError, TypeError) as error:
            disposition.refuse(conditions.malformed(str(error)))
        else:
            disposition.echo()


def _outcome(verdict: Verdict) -> Outcome | Condition:
    """Return what a disposition means.

    Each modification abandons, whether it says that the delivery failed or not: the live tests of
    Microsoft's SDKs for Go and .NET, which do not say so, expect the delivery to count. A release
    does not count (Azure/amqpnetlite#342).
    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    """
    match verdict.state:
        case State.ACCEPTED:
            return Complete()
        case State.REJECTED:
            return _dead_letter(verdict)
        case State.MODIFIED if verdict.undeliverable:
            return conditions.not_offered(not_offered.DEFERRED.what)
        case State.MODIFIED:
            return Abandon(verdict.annotations or {})
        case State.TRANSACTIONAL:
            return conditions.not_offered(not_offered.SETTLED_IN_TRANSACTION.what)
        case _:
            return Release()


def _dead_letter(verdict: Verdict) -> DeadLetter:
    info = dict(verdict.info or {})
    reason = _text(info.pop("DeadLetterReason", encode.NULL))
    description = _text(info.pop("DeadLetterErrorDescription", encode.NULL))
    return DeadLetter(reason, description or verdict.description or None, info)


def _text(raw: bytes) -> str | None:
    value = decoded(raw)
    return str(value) if value else None
