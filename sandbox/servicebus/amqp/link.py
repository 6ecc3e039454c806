"""One of proton's links, as the peer opened it."""

from typing import Any

from proton import Condition as ProtonCondition
from proton import Link as ProtonLink
from proton import Terminus

from sandbox.servicebus.errors import Condition


class OutgoingDelivery:
    """A message on its way to the peer."""

    def __init__(self, delivery: Any) -> None:
        self._delivery = delivery

    def settle(self) -> None:
        """Stop waiting for the peer to settle it."""
        self._delivery.settle()


class Link:
    """One link as the peer opened it. On one that `is_sender`, this side sends."""

    def __init__(self, proton_link: Any, session: Any) -> None:
        self.proton_link = proton_link
        self.session = session
        self.message_format: int | None = None
        self.name = str(proton_link.name)
        self.is_sender = bool(proton_link.is_sender)
        self.source = _address(proton_link.remote_source)
        self.target = _address(proton_link.remote_target)
        self.is_coordinator = proton_link.remote_target.type == Terminus.COORDINATOR
        self.is_dynamic = bool(
            proton_link.remote_source.dynamic or proton_link.remote_target.dynamic
        )
        self.filters = _filters(proton_link.remote_source)
        self.is_presettled = proton_link.remote_snd_settle_mode == ProtonLink.SND_SETTLED

    @property
    def credit(self) -> int:
        """Return how many messages the sending side may still send."""
        return int(self.proton_link.credit)

    @property
    def queued(self) -> int:
        """Return how many messages wait for credit."""
        return int(self.proton_link.queued)

    def open(self, max_message_size: int) -> None:
        """Attach as the peer asked. A size of 0 bytes stands for any size."""
        link = self.proton_link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.snd_settle_mode = link.remote_snd_settle_mode
        link.rcv_settle_mode = link.remote_rcv_settle_mode
        link.max_message_size = max_message_size
        link.open()

    def refuse(self, condition: Condition) -> None:
        """Attach without source and target, as Azure does, then detach with the reason."""
        self.proton_link.source.type = Terminus.UNSPECIFIED
        self.proton_link.target.type = Terminus.UNSPECIFIED
        self.proton_link.open()
        self.detach(condition)

    def detach(self, condition: Condition | None = None) -> None:
        """Close the link, with a reason if there is one."""
        if condition:
            self.proton_link.condition = ProtonCondition(condition.name, condition.description)
        current = None if self.is_sender else self.proton_link.current
        if current and current.pending:
            # proton would keep a partial message until the peer detaches, too.
            self.proton_link.recv(current.pending)
        self.proton_link.close()

    def answer_detach(self) -> None:
        """Answer a peer that detaches without closing."""
        self.proton_link.detach()

    def free(self) -> None:
        """Free a link that both sides have closed."""
        self.proton_link.free()

    def grant_credit(self, credit: int) -> None:
        """Let the peer send that many more messages."""
        self.proton_link.flow(credit)

    def send(self, content: bytes, tag: str, *, settled: bool) -> OutgoingDelivery:
        """Send one message, settled at once or when the peer has settled it."""
        delivery = self.proton_link.delivery(tag)
        self.proton_link.send(content)
        self.proton_link.advance()
        if settled:
            delivery.settle()
        return OutgoingDelivery(delivery)

    def drained(self) -> None:
        """Answer a peer that drains its credit: no more messages wait."""
        if self.proton_link.drain_mode:
            self.proton_link.drained()


def _address(terminus: Any) -> str | None:
    return None if terminus.type == Terminus.UNSPECIFIED else str(terminus.address or "")


def _filters(terminus: Any) -> frozenset[str]:
    data = terminus.filter
    data.rewind()
    value = data.get_object() if data.next() else None
    return frozenset(map(str, value)) if isinstance(value, dict) else frozenset()
