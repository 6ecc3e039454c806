"""Where subjects are looked at: the sandbox's endpoints, whose policy and identities can change."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from local.doctor.examine import Diagnosis, acting, examine, open_credential
from local.doctor.grants import of_policy
from local.doctor.subjects import of_sandbox
from sandbox.audit import Record
from sandbox.deployment import ContainerApp, Deployment, RoleAssignment
from sandbox.rbac import Policy
from tests.access.harness import Harness


@dataclass(frozen=True)
class Ward:
    """One harness, on which everybody can be looked at."""

    harness: Harness

    @property
    def deployment(self) -> Deployment:
        return self.harness.deployment

    def variables(self, who: str) -> dict[str, str]:
        """Return the variables of the process of `who`, with those that Container Apps adds."""
        planes = self.harness.endpoints.planes
        surroundings = self.harness.endpoints.environment
        return dict(surroundings.variables(self.deployment.app(who), planes.headers[who]))

    def examine(
        self,
        who: str,
        variables: Mapping[str, str] | None = None,
        *,
        granted: Iterable[RoleAssignment] | None = None,
        apps: Iterable[ContainerApp] = (),
        audit: Iterable[Record] = (),
        deployed: Iterable[RoleAssignment] | None = None,
        waits_for: Iterable[str] = (),
    ) -> Diagnosis:
        """Examine `who`; `granted` and `apps` replace the deployment's.

        `deployed` are the deployment's grants instead, and `audit` then holds its denials, which
        `who` was given while it waited.
        """
        variables = variables or self.variables(who)
        if deployed is None:
            subject = of_sandbox(self.deployment, who, variables, audit, waits_for=waits_for)
        else:
            other = replace(self.deployment, assignments=tuple(deployed))
            subject = of_sandbox(other, who, variables, (), waiting=audit)
        attached = next((each for each in apps if each.name == who), subject.app)
        subject = replace(subject, app=attached)
        if granted is not None:
            seen = of_policy(replace(self.deployment, assignments=tuple(granted)))
            subject = replace(subject, grants=seen)
        with acting(variables), closing(open_credential(variables)) as credential:
            return examine(subject, credential)

    def enforce(self, assignments: Iterable[RoleAssignment]) -> None:
        """Decide by these from now on."""
        self.harness.enforce(assignments, self.deployment.custom_roles)

    def as_deployed(self) -> None:
        """Undo all that was changed."""
        self.enforce(self.deployment.assignments)
        self.harness.attach(self.deployment.apps)
        planes = self.harness.endpoints.planes
        planes.issuer.registration = self.deployment.registration
        planes.identity.cache.forget()  # a cached token keeps the app roles of its time

    def assignment(self, who: str, end: str, role: str = "") -> RoleAssignment:
        """Return the assignment of `who` on the resource with this ending, of `role` if given."""
        principal = self.deployment.principal(who).principal_id
        policy = Policy.of(self.deployment)
        (found,) = (
            each
            for each in self.deployment.assignments
            if each.principal_id == principal and each.scope.endswith(end)
            if role in {"", policy.role(each).name}
        )
        return found
