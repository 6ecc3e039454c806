"""One link of proton's, as the peer opened it."""

from typing import Any

from proton import Condition as ProtonCondition
from proton import Link, Terminus

from sandbox.servicebus.conditions import Condition


class Sent:
    """A message on its way to the peer."""

    def __init__(self, delivery: Any) -> None:
        self._delivery = delivery

    def settle(self) -> None:
        """Wait no more for the peer to settle it."""
        self._delivery.settle()


class Wire:
    """One link as the peer opened it: `gives` if this side sends on it."""

    def __init__(self, link: Any, session: Any) -> None:
        self._link = link
        self.session = session
        self.message_format: int | None = None
        self.name = str(link.name)
        self.gives = bool(link.is_sender)
        self.source = _address(link.remote_source)
        self.target = _address(link.remote_target)
        self.is_coordinator = link.remote_target.type == Terminus.COORDINATOR
        self.is_dynamic = bool(link.remote_source.dynamic or link.remote_target.dynamic)
        self.filters = _filters(link.remote_source)
        self.settles_at_once = link.remote_snd_settle_mode == Link.SND_SETTLED

    @property
    def credit(self) -> int:
        """How many messages the other side may still send."""
        return int(self._link.credit)

    @property
    def queued(self) -> int:
        """How many messages wait for credit."""
        return int(self._link.queued)

    def open(self, max_message_size: int) -> None:
        """Attach as the peer asked; 0 bytes stand for any size."""
        link = self._link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.snd_settle_mode = link.remote_snd_settle_mode
        link.rcv_settle_mode = link.remote_rcv_settle_mode
        link.max_message_size = max_message_size
        link.open()

    def refuse(self, condition: Condition) -> None:
        """Attach without source and target, as Azure does, then detach with the reason."""
        self._link.source.type = Terminus.UNSPECIFIED
        self._link.target.type = Terminus.UNSPECIFIED
        self._link.open()
        self.detach(condition)

    def detach(self, condition: Condition | None = None) -> None:
        """Close the link, with a reason if there is one."""
        if condition:
            self._link.condition = ProtonCondition(condition.name, condition.description)
        current = None if self.gives else self._link.current
        if current and current.pending:
            # What has come of a message would be kept until the peer detaches, too.
            self._link.recv(current.pending)
        self._link.close()

    def let_go(self) -> None:
        """Answer a peer that detaches without closing."""
        self._link.detach()

    def free(self) -> None:
        """Let go of a link that both sides have closed."""
        self._link.free()

    def grant(self, credit: int) -> None:
        """Let the peer send that many more."""
        self._link.flow(credit)

    def send(self, content: bytes, tag: str, *, settled: bool) -> "Sent":
        """Send one message, settled at once or when the peer has settled it."""
        delivery = self._link.delivery(tag)
        self._link.send(content)
        self._link.advance()
        if settled:
            delivery.settle()
        return Sent(delivery)

    def drained(self) -> None:
        """Say that there is nothing more, if the peer wants to know."""
        if self._link.drain_mode:
            self._link.drained()


def _address(terminus: Any) -> str | None:
    return None if terminus.type == Terminus.UNSPECIFIED else str(terminus.address or "")


def _filters(terminus: Any) -> frozenset[str]:
    data = terminus.filter
    data.rewind()
    value = data.get_object() if data.next() else None
    return frozenset(map(str, value)) if isinstance(value, dict) else frozenset()
