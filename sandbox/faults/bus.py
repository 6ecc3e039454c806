"""Faults of Service Bus: a namespace that is busy, links and connections that end, a lost name."""

from collections.abc import Callable, Collection
from functools import partial

from sandbox.audit import Gate
from sandbox.entra import Caller
from sandbox.faults.active import ActiveFault, Faults, meets
from sandbox.faults.effects import Busy, Cut, Detach, Gone
from sandbox.refusal import Refusal
from sandbox.servicebus import ServiceBus
from sandbox.servicebus.connection import Connection
from sandbox.servicebus.errors import Condition, busy, entity_closed
from sandbox.servicebus.limit_errors import idle_link
from sandbox.servicebus.links import AttachedLink

_SERVICE = "bus"
_IDLE = 600.0
# An AMQP error has no number beside its condition.
_NO_STATUS = 0


def throttle(faults: Faults, namespace: str) -> Callable[[Caller], Refusal | None]:
    """Return the throttle of a namespace: its error for a caller while it is busy."""

    def refused(caller: Caller) -> Refusal | None:
        active = faults.find(_SERVICE, Busy, principal=caller.principal_id)
        if active is None:
            return None
        condition = busy(namespace)
        return Refusal(_NO_STATUS, condition.name, condition.description, active.reason)

    return refused


def begin(bus: ServiceBus, active: ActiveFault, gate: Gate) -> None:
    """End the links or the connections that a fault meets as it begins.

    Raises AuditError.
    """
    effect = active.fault.effect
    if not isinstance(effect, Cut | Gone | Detach):
        return
    for connection in bus.connections:
        if _meets(active, connection.caller):
            name = connection.caller.name if connection.caller else ""
            operation = "Detach" if isinstance(effect, Detach) else "Disconnect"
            gate.refuse(_SERVICE, operation, active.reason, name)
            _end(connection, effect, bus.name)


def lost(faults: Faults, hosts: Collection[str]) -> Callable[[str], str]:
    """Return a function that tells why a host cannot be reached; empty if it can be.

    `hosts` are those of the namespaces.
    """

    def reason(host: str) -> str:
        active = faults.find(_SERVICE, Gone) if host in hosts else None
        return active.reason if active else ""

    return reason


def closed(faults: Faults, gate: Gate) -> Callable[[], str]:
    """Return a function that tells why AMQP takes no connection now, and records it."""

    def reason() -> str:
        active = faults.find(_SERVICE, Gone)
        if active is None:
            return ""
        gate.refuse("edge", "AMQP", active.reason)
        return active.reason

    return reason


def _end(connection: Connection, effect: Cut | Gone | Detach, namespace: str) -> None:
    if isinstance(effect, Detach):
        connection.detach_links(partial(_reason, namespace, idle=effect.idle))
    else:
        connection.abort()


def _reason(namespace: str, attached: AttachedLink, *, idle: bool) -> Condition:
    name, kind = attached.link.name, attached.endpoint.kind
    if idle:
        return idle_link(name, kind, _IDLE)
    return entity_closed(name, kind, namespace, attached.path)


def _meets(active: ActiveFault, caller: Caller | None) -> bool:
    return meets(active.target, caller.principal_id if caller else "")
