"""Step 3 of the walk: which assignment allows it. On record before the store is touched."""

from sandbox.audit import Gate
from sandbox.deployment import Vault
from sandbox.entra import Caller
from sandbox.keyvault.name import Named
from sandbox.keyvault.refusal import Refusal
from sandbox.rbac import Allowed, Denied, Requirement

SERVICE = "vault"


def decide(gate: Gate, vault: Vault, caller: Caller, named: Named) -> Allowed:
    """What allows `caller` the operation. Raises Refusal 403, whether the secret exists or not."""
    requirement = Requirement.of(named.scope, named.operation.action)
    decision = gate.admit(SERVICE, named.operation.name, caller, requirement)
    if isinstance(decision, Denied):
        message = _forbidden(vault, caller, requirement)
        raise Refusal(403, "Forbidden", message, "ForbiddenByRbac")
    return decision[0]


def _forbidden(vault: Vault, caller: Caller, requirement: Requirement) -> str:
    """Azure's text to the letter, the odd space included (piyushsachdeva/Terraform_AKS issue 2)."""
    return (
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, "
        "please observe propagation time.\r\n"
        f"Caller: appid={caller.app_id};oid={caller.principal_id};iss={caller.issuer}\r\n"
        f"Action: '{requirement.any_of[0].name}'\r\n"
        f"Resource: '{requirement.scope.lower()}'\r\n"
        "Assignment: (not found)\r\n"
        "DenyAssignmentId: null\r\n"
        "DecisionReason: 'DeniedWithNoValidRBAC' \r\n"
        f"Vault: {vault.name};location={vault.location}\r\n"
    )
