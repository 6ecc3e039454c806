"""The endpoints of links to entities: a publisher takes messages, a receiver delivers them."""

import time
from typing import Protocol

from sandbox.servicebus import errors, limit_errors, session_errors, unsupported
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, decoded
from sandbox.servicebus.amqp.delivery import DeliveryState, Disposition, Outcome, Transfer
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.errors import Condition
from sandbox.servicebus.intake import Intake, RejectedError
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.session_queue import HeldSession
from sandbox.servicebus.serve.sessions import SessionLockLostError
from sandbox.servicebus.serve.settlement import (
    Abandon,
    Complete,
    DeadLetter,
    Defer,
    Release,
    Settlement,
)
from sandbox.servicebus.serve.subqueue import Source

# Azure's link credit for a sender.
_CREDIT = 1000


class Backpressure(Protocol):
    """The connection of a link, which limits how much waits for a slow client."""

    @property
    def can_send(self) -> bool:
        """Return whether the client reads fast enough to be sent more."""

    def count_unsent(self, size: int) -> None:
        """Add so many bytes to the output that waits for the commit."""


class Publisher:
    """A client's sender. It stores messages; their acknowledgements wait for the commit."""

    kind = "publisher"

    def __init__(self, link: Link, intake: Intake) -> None:
        self._link = link
        self._intake = intake
        self.max_message_size = intake.max_message_size
        self._count = 0
        self._discarded = 0

    def opened(self) -> None:
        """Grant the client credit."""
        self._link.grant_credit(_CREDIT)

    def on_transfer(self, transfer: Transfer) -> Condition | None:
        """Take the bytes of a message so far. Whatever they are, the link stays open."""
        # An oversized message is discarded as it comes, and rejected only at its end: a rejection
        # before that would leave the sender in the middle of a delivery.
        if self._discarded + transfer.size > self.max_message_size:
            self._discarded += transfer.discard()
        if transfer.is_aborted or transfer.is_whole:
            error = self._end(transfer)
            self._count, self._discarded = self._count + 1, 0
            if error:
                transfer.reject(error)
            else:
                transfer.accept()
            # At half, so that only every 500th message costs a flow.
            if self._link.credit <= _CREDIT // 2:
                self._link.grant_credit(_CREDIT - self._link.credit)
        return None

    def _end(self, transfer: Transfer) -> Condition | None:
        """Store a message that is whole. Return the error if it is rejected."""
        if transfer.is_aborted:
            transfer.advance()
            return None
        in_transaction = transfer.in_transaction
        content, message_format = transfer.take()
        if self._discarded:
            return limit_errors.too_large(self._count, self._discarded, self.max_message_size)
        if in_transaction:
            return errors.unsupported(unsupported.IN_TRANSACTION.feature)
        try:
            self._intake.send(content, message_format)
        except RejectedError as error:
            return error.condition
        return None


class Receiver:
    """A client's receiver. It delivers messages while there is credit, and settles them."""

    kind = "consumer"

    def __init__(
        self, link: Link, source: Source, backpressure: Backpressure, origin: tuple[str, str]
    ) -> None:
        """`origin` is the namespace and the path, which the error for a lost lock names."""
        self._link = link
        self._backpressure = backpressure
        self._origin = origin
        self._count = 0
        self.source = source
        self.delivered = 0.0

    def opened(self) -> None:
        """Wait for the client's credit."""

    @property
    def wants_message(self) -> bool:
        """Return whether it can take a message now."""
        return self._backpressure.can_send and self._link.credit > 0

    def deliver(self) -> bool:
        """Send the next message. Return whether there was one."""
        and_delete = self._link.is_presettled
        message = self.source.receive(and_delete=and_delete)
        if message is None:
            return False
        self._count += 1
        tag = message.token or f"{self._count:016}"
        self._link.send(message.content, tag, settled=and_delete)
        self._backpressure.count_unsent(len(message.content))
        self.delivered = time.monotonic()
        return True

    def on_empty(self) -> None:
        """Answer a client that drains its credit."""
        if self._backpressure.can_send:
            self._link.drained()

    @property
    def session(self) -> HeldSession | None:
        """Return the session that it holds, None if it receives from a whole subqueue."""
        return self.source if isinstance(self.source, HeldSession) else None

    def ended(self) -> None:
        """Release its session. Locks on messages without one end by themselves, as on Azure."""
        if self.session:
            self.session.release()

    def on_disposition(self, disposition: Disposition) -> None:
        """Settle a message with the client's outcome."""
        if not disposition.is_final:
            return
        settlement = _settlement(disposition.state)
        if isinstance(settlement, Condition):
            disposition.refuse(settlement)
            return
        try:
            self.source.settle(disposition.tag, settlement)
        except LockLostError:
            disposition.refuse(errors.lock_lost(*self._origin))
        except SessionLockLostError:
            disposition.refuse(session_errors.lock_lost(*self._origin))
        except (MalformedError, TypeError) as error:
            disposition.refuse(errors.malformed(str(error)))
        else:
            disposition.confirm()


def _settlement(state: DeliveryState) -> Settlement | Condition:
    """Return the settlement that a delivery state asks for, or the error if there is none.

    Every modification abandons, whether it marks the delivery as failed or not: the live tests of
    Microsoft's SDKs for Go and .NET, which do not mark it, expect the delivery to count. A release
    does not count (Azure/amqpnetlite#342).
    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    """
    match state.outcome:
        case Outcome.ACCEPTED:
            return Complete()
        case Outcome.REJECTED:
            return _dead_letter(state)
        case Outcome.MODIFIED if state.undeliverable:
            return Defer(state.annotations or {})
        case Outcome.MODIFIED:
            return Abandon(state.annotations or {})
        case Outcome.TRANSACTIONAL:
            return errors.unsupported(unsupported.SETTLED_IN_TRANSACTION.feature)
        case _:
            return Release()


def _dead_letter(state: DeliveryState) -> DeadLetter:
    info = dict(state.info or {})
    reason = _text(info.pop("DeadLetterReason", encode.NULL))
    description = _text(info.pop("DeadLetterErrorDescription", encode.NULL))
    return DeadLetter(reason, description or state.description or None, info)


def _text(raw: bytes) -> str | None:
    value = decoded(raw)
    return str(value) if value else None
