"""proton's deliveries: messages that come in, and the peer's dispositions of those sent to it.

Each message needs some, so they are proton's own, without the wrapper of its Python binding. They
are valid until the event that they came with is dropped.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from cproton import (
    pn_delivery_aborted,
    pn_delivery_local,
    pn_delivery_partial,
    pn_delivery_pending,
    pn_delivery_remote,
    pn_delivery_remote_state,
    pn_delivery_settle,
    pn_delivery_settled,
    pn_delivery_tag,
    pn_delivery_update,
    pn_disposition_is_failed,
    pn_disposition_is_undeliverable,
    pn_disposition_set_failed,
    pn_disposition_set_undeliverable,
)
from proton import Condition as ProtonCondition
from proton import Data, Delivery, symbol
from proton import Disposition as ProtonDisposition

from sandbox.servicebus.amqp.encode import Encoded
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.errors import Condition

_TRANSACTIONAL = 0x34
# Measured with proton 0.40: 30,000 took 6.4 MB.
_SIZE_OF_A_KEPT_DELIVERY = 256


class Outcome(Enum):
    """AMQP's outcomes of a delivery, and the transactional state."""

    ACCEPTED = ProtonDisposition.ACCEPTED
    REJECTED = ProtonDisposition.REJECTED
    RELEASED = ProtonDisposition.RELEASED
    MODIFIED = ProtonDisposition.MODIFIED
    TRANSACTIONAL = _TRANSACTIONAL
    NONE = 0


_FINAL = {each.value for each in Outcome} - {Outcome.NONE.value}


@dataclass(frozen=True)
class DeliveryState:
    """The state that a peer gives a delivery: its outcome and the outcome's fields."""

    outcome: Outcome
    undeliverable: bool = False
    description: str = ""
    info: dict[str, Encoded] | None = None
    annotations: dict[str, Encoded] | None = None


class Transfer:
    """A message that comes in, whole or in part."""

    def __init__(self, link: Link, delivery: Any) -> None:
        self._link = link
        self._delivery = delivery

    @property
    def is_whole(self) -> bool:
        """Return whether the last byte of the message has come."""
        return not pn_delivery_partial(self._delivery)

    @property
    def is_aborted(self) -> bool:
        """Return whether the sender has aborted the delivery."""
        return bool(pn_delivery_aborted(self._delivery))

    @property
    def size(self) -> int:
        """Return how many bytes wait to be read."""
        return int(pn_delivery_pending(self._delivery))

    @property
    def in_transaction(self) -> bool:
        """Return whether the message is part of a transaction."""
        return bool(pn_delivery_remote_state(self._delivery) == _TRANSACTIONAL)

    def take(self) -> tuple[bytes, int]:
        """Return content and message-format, and make the link ready for the next message."""
        content = bytes(self._link.proton_link.recv(self.size) or b"") if self.size else b""
        return content, self.advance()

    def discard(self) -> int:
        """Discard the bytes so far. Return how many they were."""
        return len(self._link.proton_link.recv(self.size) or b"") if self.size else 0

    def advance(self) -> int:
        """Go on to the link's next message. Return the message-format of this one."""
        self._link.proton_link.advance()
        message_format, self._link.message_format = self._link.message_format or 0, None
        return message_format

    def ignore(self) -> int:
        """Discard a message on a link that has ended. Return the bytes still held for it.

        The delivery stays unsettled, so proton keeps it, without content, until the peer detaches.
        """
        self.discard()
        if not self.is_whole and not self.is_aborted:
            return 0
        self.advance()
        if not pn_delivery_settled(self._delivery):
            return _SIZE_OF_A_KEPT_DELIVERY
        pn_delivery_settle(self._delivery)
        return 0

    def accept(self) -> None:
        """Acknowledge the message to its sender."""
        if not pn_delivery_settled(self._delivery):
            pn_delivery_update(self._delivery, Delivery.ACCEPTED)
        pn_delivery_settle(self._delivery)

    def reject(self, condition: Condition) -> None:
        """Reject the message, with the reason."""
        _reject(self._delivery, condition)
        pn_delivery_settle(self._delivery)


class Disposition:
    """The peer's disposition of a message that was sent to it."""

    def __init__(self, delivery: Any) -> None:
        self._delivery = delivery
        self._remote_state = int(pn_delivery_remote_state(delivery))
        self.tag = str(pn_delivery_tag(delivery))
        self.is_settled = bool(pn_delivery_settled(delivery))
        # `received` is a state, too, but not an outcome: the peer has not decided yet.
        self.is_final = self.is_settled or self._remote_state in _FINAL

    @property
    def state(self) -> DeliveryState:
        """Return the state that the peer gave the delivery."""
        number = self._remote_state
        outcome = Outcome(number) if number in _FINAL else Outcome.NONE
        if outcome is Outcome.ACCEPTED:
            return DeliveryState(outcome)  # it has no fields
        remote = _wrapped(self._delivery).remote
        condition = remote.condition
        return DeliveryState(
            outcome=outcome,
            undeliverable=bool(remote.undeliverable),
            description=str(condition.description or "") if condition else "",
            info=_encoded_entries(condition.info) if condition else None,
            annotations=_encoded_entries(remote.annotations),
        )

    def confirm(self) -> None:
        """Settle the delivery with the outcome that the peer asked for."""
        local, remote = pn_delivery_local(self._delivery), pn_delivery_remote(self._delivery)
        pn_disposition_set_failed(local, pn_disposition_is_failed(remote))
        pn_disposition_set_undeliverable(local, pn_disposition_is_undeliverable(remote))
        pn_delivery_update(self._delivery, self._remote_state or Delivery.RELEASED)
        pn_delivery_settle(self._delivery)

    def refuse(self, condition: Condition) -> None:
        """Settle the delivery as rejected: the peer's outcome could not be applied."""
        if not self.is_settled:
            _reject(self._delivery, condition)
        pn_delivery_settle(self._delivery)


def _wrapped(delivery: Any) -> Any:
    """Return a delivery for Python, which can read and write the fields of its states."""
    return Delivery.wrap(delivery)  # type: ignore[no-untyped-call]


def _encoded_entries(value: Any) -> dict[str, Encoded] | None:
    """Return a map's entries by name, each value encoded with the type that the peer gave it."""
    if not isinstance(value, dict):
        return None
    return {str(key): _encoded(each) for key, each in value.items()}


def _encoded(value: Any) -> Encoded:
    data = Data()
    data.put_object(value)
    return Encoded(data.encode())


def _reject(delivery: Any, condition: Condition) -> None:
    # The Python SDK reads a rejection's info without checking that there is one.
    info: Any = {symbol("com.microsoft:tracking"): condition.name}
    wrapped = _wrapped(delivery)
    wrapped.local.condition = ProtonCondition(condition.name, condition.description, info)
    wrapped.update(Delivery.REJECTED)
