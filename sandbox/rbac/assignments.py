"""The role assignments in force: those of the deployment, and those made by hand.

The control plane lists a change at once. A decision is by the changes that have propagated,
which takes Azure up to ten minutes. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from shlex import quote

from sandbox.broken_files import BrokenFileError, UserError
from sandbox.commands import KEYLESS
from sandbox.deployment import (
    Deployment,
    NotEvaluated,
    RoleAssignment,
    RoleDefinition,
    standing_assignments,
)
from sandbox.rbac.decision import Decision, Policy, Requirement
from sandbox.rbac.drift import FILE, NONE, Drift, keep, read
from sandbox.state import State

_DELETE = f"{KEYLESS} as deployer -- az role assignment delete --ids"


class AssignmentExistsError(UserError):
    """The principal has the role on the scope already, by the assignment `existing`."""

    def __init__(self, existing: RoleAssignment, asked: RoleAssignment) -> None:
        super().__init__(
            f"the role assignment {asked.id} exists already, as {existing.id}: Azure allows one for"
            " each principal, role and scope; to let the deployment have it, delete that one:"
            f" {_DELETE} {quote(existing.id)}"
        )
        self.existing = existing


class AssignmentUpdateError(UserError):
    """An existing assignment would get another principal, role or scope."""


class RoleInUseError(UserError):
    """A custom role would go, and an assignment made by hand is of it."""


@dataclass(frozen=True)
class _Change:
    """A change of the policy at `at`, in seconds; `custom_roles` if these changed, too."""

    at: float
    removed: tuple[RoleAssignment, ...]
    added: tuple[RoleAssignment, ...]
    custom_roles: tuple[RoleDefinition, ...] | None = None

    def applied_to(self, policy: Policy) -> Policy:
        if self.custom_roles is None:
            return policy.changed(self.removed, self.added)
        gone = {each.id for each in self.removed}
        kept = (each for each in policy.assignments if each.id not in gone)
        return Policy((*kept, *self.added), self.custom_roles, policy.not_evaluated)


class Assignments:
    """Decides by the assignments that have propagated, and takes changes of them.

    `propagation` is the number of seconds until a change takes effect, for all principals the same;
    it may be set at any time, and holds for changes that wait, too.
    """

    def __init__(
        self,
        deployed: Iterable[RoleAssignment],
        custom_roles: Iterable[RoleDefinition] = (),
        *,
        not_evaluated: Iterable[NotEvaluated] = (),
        drift: Drift = NONE,
        standing: Iterable[RoleAssignment] = (),
        keep: Callable[[Drift], None] = lambda _: None,
        propagation: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`standing` precede the deployment. `keep` stores the drift before it takes effect.

        Raises UnknownRoleError.
        """
        self._propagation = propagation
        self._standing = _by_id(standing)
        self._deployed = _by_id(deployed)
        self._drift = drift
        self._keep = keep
        self._clock = clock
        self._listed = self._everything(self._deployed, drift)
        self._planned = Policy(self._listed.values(), custom_roles, not_evaluated)
        self._policy = self._planned
        self._waiting = deque[_Change]()

    @classmethod
    def kept_in(
        cls, state: State, deployment: Deployment, clock: Callable[[], float] = time.monotonic
    ) -> "Assignments":
        """Return the assignments of `deployment`, and the drift that `state` has and will have.

        Raises UnknownRoleError, or BrokenFileError if the drift does not fit the deployment.
        """
        drift, known = read(state), Policy((), deployment.custom_roles)
        for each in drift.made:
            if not known.knows(each.role_definition_id):
                why = f"{each.id} is of a role that the deployment no longer defines"
                raise BrokenFileError(state.path(FILE), why)
        return cls(
            deployment.assignments,
            deployment.custom_roles,
            not_evaluated=deployment.not_evaluated,
            drift=drift,
            standing=standing_assignments(deployment),
            keep=partial(keep, state),
            clock=clock,
        )

    @property
    def propagation(self) -> float:
        """The seconds until a change takes effect."""
        return self._propagation

    @propagation.setter
    def propagation(self, seconds: float) -> None:
        self._propagate()  # a change whose time has come waits no more
        self._propagation = seconds

    @property
    def listed(self) -> tuple[RoleAssignment, ...]:
        """All that the control plane knows, whether it has propagated or not."""
        return tuple(self._listed.values())

    @property
    def roles(self) -> tuple[RoleDefinition, ...]:
        """Every role that can be assigned: Azure's own, then the custom ones."""
        return self._planned.roles

    @property
    def drift(self) -> Drift:
        """The differences from the deployment."""
        return self._drift

    def find(self, assignment_id: str) -> RoleAssignment | None:
        """Return the listed assignment with this id."""
        return self._listed.get(assignment_id.lower())

    def knows(self, role_definition_id: str) -> bool:
        """Return whether a role of this id can be assigned."""
        return self._planned.knows(role_definition_id)

    def role(self, assignment: RoleAssignment) -> RoleDefinition:
        """Return the role of an assignment. Raises UnknownRoleError."""
        return self._planned.role(assignment)

    def decide(self, principal_id: str, requirement: Requirement) -> Decision:
        """Return the decision of the assignments that have propagated."""
        if self._waiting:
            self._propagate()
        return self._policy.decide(principal_id, requirement)

    def put(self, assignment: RoleAssignment) -> None:
        """Create an assignment by hand, or change the description of one.

        Raises UnknownRoleError, AssignmentExistsError or AssignmentUpdateError, and OSError if it
        cannot be stored; then nothing has changed.
        """
        self._check(assignment)
        made = _by_id(self._drift.made) | {assignment.id.lower(): assignment}
        self._store(Drift(tuple(made.values()), self._deleted_but(made)))
        self._change(self._everything(self._deployed, self._drift))

    def delete(self, assignment_id: str, by: str = "") -> RoleAssignment | None:
        """Delete an assignment; return it, or None if there is none.

        A deployed one stays deleted until the next deployment. A standing one is back at the next
        start. Raises OSError; then nothing has changed.
        """
        key = assignment_id.lower()
        found = self._listed.get(key)
        if found is not None:
            made = tuple(each for each in self._drift.made if each.id.lower() != key)
            deleted = dict(self._drift.deleted)
            if key in self._deployed:
                deleted[key] = by
            self._store(Drift(made, deleted))
            self._standing.pop(key, None)
            self._change(self._everything(self._deployed, self._drift))
        return found

    def deploy(
        self,
        assignments: Iterable[RoleAssignment],
        custom_roles: Iterable[RoleDefinition] = (),
        not_evaluated: Iterable[NotEvaluated] = (),
        former: Collection[str] = (),
    ) -> None:
        """Replace the deployment: its assignments, those deleted by hand among them, are back.

        It makes none for `former` principal ids, which are those of deleted identities. An
        assignment by hand stays, unless the deployment has it under the same id.
        Raises UnknownRoleError, AssignmentExistsError or RoleInUseError, or OSError; then nothing
        has changed.
        """
        deployed, roles = _by_id(assignments), tuple(custom_roles)
        made = tuple(each for each in self._drift.made if each.id.lower() not in deployed)
        _check_deployment(deployed, made, Policy((), roles))
        drift = Drift(made, self._gone(deployed, former))
        planned = self._everything(deployed, drift)
        Policy(planned.values(), roles)  # raises before anything changes
        self._store(drift)
        self._deployed = deployed
        self._change(planned, roles if roles != self._planned.custom_roles else None)
        noted = tuple(not_evaluated)  # they grant nothing, so that nothing has to propagate
        self._planned, self._policy = self._planned.noting(noted), self._policy.noting(noted)

    def take_back(self, drift: Drift) -> None:
        """Return to the drift from before a deployment that failed. Raises OSError."""
        self._store(drift)
        self._change(self._everything(self._deployed, drift))

    def _check(self, assignment: RoleAssignment) -> None:
        self.role(assignment)
        there = self.find(assignment.id)
        if there is not None and there.key != assignment.key:
            raise AssignmentUpdateError(
                f"{there.id} exists, and its principal, role and scope cannot be changed"
            )
        same = next((each for each in self._listed.values() if each.key == assignment.key), None)
        if same is not None and there is None:
            raise AssignmentExistsError(same, assignment)

    def _gone(
        self, deployed: Mapping[str, RoleAssignment], former: Collection[str]
    ) -> dict[str, str]:
        """Return the assignments of `former` principal ids that are not listed, as deleted."""
        return {
            key: self._drift.deleted.get(key, "")
            for key, each in deployed.items()
            if each.principal_id in former and key not in self._listed
        }

    def _deleted_but(self, made: Mapping[str, RoleAssignment]) -> Mapping[str, str]:
        return {key: by for key, by in self._drift.deleted.items() if key not in made}

    def _everything(
        self, deployed: Mapping[str, RoleAssignment], drift: Drift
    ) -> dict[str, RoleAssignment]:
        left = {key: each for key, each in deployed.items() if key not in drift.deleted}
        return {**self._standing, **left, **_by_id(drift.made)}

    def _store(self, drift: Drift) -> None:
        self._keep(drift)
        self._drift = drift

    def _change(
        self,
        planned: dict[str, RoleAssignment],
        custom_roles: tuple[RoleDefinition, ...] | None = None,
    ) -> None:
        removed, added = _unlike(self._listed, planned), _unlike(planned, self._listed)
        change = _Change(self._clock(), removed, added, custom_roles)
        self._planned = change.applied_to(self._planned)
        self._listed = planned
        self._waiting.append(change)

    def _propagate(self) -> None:
        now = self._clock()
        while self._waiting and self._waiting[0].at + self.propagation <= now:
            self._policy = self._waiting.popleft().applied_to(self._policy)


def _by_id(assignments: Iterable[RoleAssignment]) -> dict[str, RoleAssignment]:
    return {each.id.lower(): each for each in assignments}


def _unlike(
    some: Mapping[str, RoleAssignment], others: Mapping[str, RoleAssignment]
) -> tuple[RoleAssignment, ...]:
    """Return those of `some` that `others` have not, or have otherwise."""
    return tuple(
        each
        for key, each in some.items()
        if others.get(key) is not each and others.get(key) != each
    )


def _check_deployment(
    deployed: Mapping[str, RoleAssignment], made: Iterable[RoleAssignment], roles: Policy
) -> None:
    """Raise AssignmentExistsError or RoleInUseError, as the deployment would fail on Azure."""
    wanted = {each.key: each for each in deployed.values()}
    for each in made:
        if each.key in wanted:
            raise AssignmentExistsError(each, wanted[each.key])
        if not roles.knows(each.role_definition_id):
            raise RoleInUseError(
                f"the deployment deletes the role {each.role_definition_id}, which is assigned by"
                f" hand: first delete that assignment: {_DELETE} {quote(each.id)}"
            )
