"""Changes of the running sandbox that a person makes on the page: as a principal, on record."""

from sandbox.deployment import Principal
from sandbox.entra import MANAGEMENT, Caller
from sandbox.page.requests import token_for
from sandbox.page.running import Running
from sandbox.rbac import Denied, Requirement

_DEPLOY = "Microsoft.Resources/deployments/write"
_ASSIGN = "Microsoft.Authorization/roleAssignments/write"
_SERVICE = "page"
_WHY = "a fact of the sandbox, which no role decides"


def may_deploy(running: Running, principal: Principal, *, roles: bool) -> Denied | None:
    """Record that `principal` deploys; return the denial if its roles do not allow it.

    A deployment is written in each of its resource groups; one that changes `roles` assigns them.
    Raises AuditError.
    """
    deployment = running.planes.deployment
    scopes = deployment.groups or (f"/subscriptions/{deployment.subscription_id}",)
    actions = (_DEPLOY, _ASSIGN) if roles else (_DEPLOY,)
    needs = [Requirement.of(on, each, data=False) for each in actions for on in scopes]
    found = running.planes.gate.admit("arm", "Deploy", _caller(running, principal), *needs)
    return found if isinstance(found, Denied) else None


def record(running: Running, principal: Principal, operation: str) -> None:
    """Record that `principal` changes the sandbox itself. Raises AuditError."""
    scope = f"/subscriptions/{running.planes.deployment.subscription_id}"
    caller = _caller(running, principal)
    running.planes.gate.shown(_SERVICE, operation, caller, scope, why=_WHY)


def _caller(running: Running, principal: Principal) -> Caller:
    token = token_for(running, principal, MANAGEMENT)
    return Caller(
        principal_id=principal.principal_id,
        app_id=principal.client_id,
        name=principal.name,
        issuer=running.planes.issuer.name,
        expires_at=token.expires_on,
        token_id=token.id,
    )
