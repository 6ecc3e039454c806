"""Step 3 of the walk: which assignment allows it. On record before anything is stored."""

from sandbox.audit import Gate
from sandbox.entra import Caller
from sandbox.rbac import Allowed, Denied, Requirement
from sandbox.telemetry.name import Named
from sandbox.telemetry.refusal import forbidden

SERVICE = "telemetry"


def decide(gate: Gate, caller: Caller, named: Named) -> Allowed:
    """What allows `caller` the operation. Raises Refusal 403."""
    decision = gate.admit(
        SERVICE, named.operation, caller, Requirement.of(named.scope, named.action)
    )
    if isinstance(decision, Denied):
        raise forbidden()
    return decision[0]
