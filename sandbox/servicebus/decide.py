"""Step 3, decide: whether a caller may have a link, or keep it. Every answer is on record."""

from dataclasses import dataclass

from sandbox.audit import Gate
from sandbox.entra import Caller
from sandbox.rbac import Denied, Requirement
from sandbox.servicebus.name import Node, Purpose


@dataclass(frozen=True)
class Decider:
    """Asks the gate, which decides by the roles and records."""

    gate: Gate

    def may_attach(self, caller: Caller, node: Node, purpose: Purpose) -> bool:
        """Whether `caller` may open a link of that purpose."""
        return self._admits(purpose.operation, caller, node.need(purpose))

    def may_keep(self, caller: Caller, node: Node, purpose: Purpose) -> bool:
        """Whether the caller of a new token may keep a link that is open."""
        return self._admits("RenewToken", caller, node.need(purpose))

    def may_manage(self, caller: Caller, node: Node, operation: str, action: str) -> bool:
        """Whether `caller` may do one operation on a `$management` node."""
        return self._admits(operation, caller, Requirement.of(node.scope, action))

    def turned_away(self, operation: str, reason: str, identity: str = "") -> None:
        """Record somebody whom no role was asked for: without a token, or for what is not there."""
        self.gate.refuse("bus", operation, reason, identity)

    def _admits(self, operation: str, caller: Caller, need: Requirement) -> bool:
        return not isinstance(self.gate.admit("bus", operation, caller, need), Denied)
