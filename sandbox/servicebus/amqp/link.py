"""One of proton's links, as the peer opened it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cproton import pn_delivery, pn_delivery_settle, pn_link_advance, pn_link_credit
from proton import Condition as ProtonCondition
from proton import Delivery, Described, Terminus, symbol
from proton import Link as ProtonLink

from sandbox.servicebus.errors import Condition

_SESSION_FILTER = "com.microsoft:session-filter"
_LOCKED_UNTIL = "com.microsoft:locked-until-utc"
_TIMEOUT = "com.microsoft:timeout"
# From the year 1 to 1970 in .NET's units of 100 ns. `_common/constants.py` of azure-servicebus.
_TICKS_AT_EPOCH = 621355968000000000


@dataclass(frozen=True, slots=True)
class AttachedSession:
    """The session that a receiver's link got, and until when it is locked, by the wall clock."""

    name: str
    locked_until: float


class OutgoingDelivery:
    """A message on its way to the peer, which has not settled it."""

    def __init__(self, pointer: Any) -> None:
        # It holds a reference, so the delivery is valid even when the peer has settled it.
        self._delivery: Any = Delivery.wrap(pointer)  # type: ignore[no-untyped-call]

    def settle(self) -> None:
        """Stop waiting for the peer to settle it."""
        self._delivery.settle()


class Link:
    """One link as the peer opened it. On one that `is_sender`, this side sends."""

    def __init__(self, pointer: Any, session: Any) -> None:
        """`pointer` is proton's own, by which its events name the link."""
        self.pointer = pointer
        proton_link: Any = ProtonLink.wrap(pointer)  # type: ignore[no-untyped-call]
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
        self._is_open = False
        self.is_presettled = proton_link.remote_snd_settle_mode == ProtonLink.SND_SETTLED

    @property
    def credit(self) -> int:
        """Return how many messages the sending side may still send."""
        return int(pn_link_credit(self.pointer))

    @property
    def queued(self) -> int:
        """Return how many messages wait for credit."""
        return int(self.proton_link.queued)

    @property
    def asks_for_session(self) -> bool:
        """Return whether the peer wants to receive from a session."""
        return _SESSION_FILTER in self.filters

    @property
    def session_id(self) -> object:
        """Return the session that the peer asks for: a string, or None for any with messages.

        azservicebus for Go describes its filter, the SDKs for Python and JavaScript do not.
        """
        wanted = self.filters.get(_SESSION_FILTER)
        return wanted.value if isinstance(wanted, Described) else wanted

    @property
    def timeout(self) -> float | None:
        """Return how many seconds the peer waits for the attach, if it says so."""
        properties = self.proton_link.remote_properties
        value = properties.get(_TIMEOUT) if isinstance(properties, dict) else None
        return value / 1000 if isinstance(value, int) else None

    def open(self, max_message_size: int, session: AttachedSession | None = None) -> None:
        """Attach as the peer asked. A size of 0 bytes stands for any size."""
        link = self.proton_link
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.snd_settle_mode = link.remote_snd_settle_mode
        link.rcv_settle_mode = link.remote_rcv_settle_mode
        link.max_message_size = max_message_size
        if session:
            self._show(session)
        self._is_open = True
        link.open()

    def refuse(self, condition: Condition) -> None:
        """Attach without source and target, as Azure does, then detach with the reason."""
        self.detach(condition)

    def detach(self, condition: Condition | None = None) -> None:
        """Close the link, with a reason if there is one. One that is not open yet is refused."""
        if not self._is_open:
            self.proton_link.source.type = Terminus.UNSPECIFIED
            self.proton_link.target.type = Terminus.UNSPECIFIED
            self._is_open = True
            self.proton_link.open()
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

    def send(self, content: bytes, tag: str, *, settled: bool) -> None:
        """Send one message, settled at once or when the peer has settled it."""
        delivery = self._send(content, tag)
        if settled:
            pn_delivery_settle(delivery)

    def send_unsettled(self, content: bytes, tag: str) -> OutgoingDelivery:
        """Send one message, which this side may settle later."""
        return OutgoingDelivery(self._send(content, tag))

    def drained(self) -> None:
        """Answer a peer that drains its credit: no more messages wait."""
        if self.proton_link.drain_mode:
            self.proton_link.drained()

    def _send(self, content: bytes, tag: str) -> Any:
        delivery = pn_delivery(self.pointer, tag)
        self.proton_link.send(content)
        pn_link_advance(self.pointer)
        return delivery

    def _show(self, session: AttachedSession) -> None:
        """Name the session in the source's filter, in the form in which the peer asked."""
        asked, name = self.filters.get(_SESSION_FILTER), session.name
        given = Described(asked.descriptor, name) if isinstance(asked, Described) else name
        filters = self.proton_link.source.filter
        filters.clear()
        filters.put_object({symbol(_SESSION_FILTER): given})
        ticks = int(session.locked_until * 1000) * 10_000 + _TICKS_AT_EPOCH
        self.proton_link.properties = {symbol(_LOCKED_UNTIL): ticks}


def _address(terminus: Any) -> str | None:
    return None if terminus.type == Terminus.UNSPECIFIED else str(terminus.address or "")


def _filters(terminus: Any) -> Mapping[str, Any]:
    data = terminus.filter
    data.rewind()
    value = data.get_object() if data.next() else None
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else {}
