"""Azure Resource Manager in front of the committed deployment, and callers of it."""

from typing import Any

from joserfc.jwk import RSAKey

from sandbox.arm import ResourceManager
from sandbox.arm.storage_keys import KeysOf
from sandbox.audit import FILE, Gate, Record, read
from sandbox.deployment import Deployment, Principal
from sandbox.entra import MANAGEMENT, MANAGEMENT_AUDIENCES, Issuer, SigningKey, Verifier
from sandbox.rbac import Allowed, Assignments, Requirement
from sandbox.state import State
from tests.sandbox.entra.desk import asked

KEY = SigningKey.of(RSAKey.generate_key(2048))


class Front:
    """The manager of the committed deployment, and tokens to show it."""

    def __init__(
        self,
        deployment: Deployment,
        state: State,
        assignments: Assignments,
        gate: Gate,
        keys_of: KeysOf = lambda _: {},
    ) -> None:
        self.deployment, self.state = deployment, state
        tenant, names = deployment.tenant_id, deployment.names
        verifier = Verifier([KEY], tenant, MANAGEMENT_AUDIENCES, names)
        self.assignments = assignments
        self.manager = ResourceManager(deployment, assignments, verifier, gate, keys_of=keys_of)
        self.application = self.manager.application
        self.issuer = Issuer(KEY, tenant)

    def get(
        self, path: str, who: Principal, method: str = "GET", audience: str = MANAGEMENT
    ) -> tuple[int, Any]:
        """The answer for `who`, by a token for `audience`."""
        headers = {"Authorization": f"Bearer {self.issuer.issue(who, audience).text}"}
        status, body, _ = asked(self.application(), method, path, headers=headers)
        return status, body

    def ask(
        self, method: str, path: str, who: Principal, body: object = None, query: str = ""
    ) -> tuple[int, Any]:
        """The answer for `who`, in the version of the roles' operations."""
        token = self.issuer.issue(who, MANAGEMENT).text
        status, answer, _ = asked(
            self.application(),
            method,
            f"{path}?api-version=2022-04-01{query}",
            headers={"Authorization": f"Bearer {token}"},
            **({"data": body} if isinstance(body, bytes) else {"json": body} if body else {}),
        )
        return status, answer

    def allows(self, who: Principal, scope: str, action: str) -> bool:
        """Return True if `who` is allowed a data action now."""
        decision = self.assignments.decide(who.principal_id, Requirement.of(scope, action))
        return isinstance(decision, Allowed)

    def last(self) -> Record:
        return list(read(self.state.path(FILE)))[-1]
