"""Azure RBAC, whole: does a principal's role assignment allow an action on a scope?

HTTP, AMQP and tokens are unknown here: a principal's id and a requirement come in, a decision
comes out. It names the assignment that allows the action, or the roles of which one is missing.
https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cache

from sandbox.broken_files import UserError
from sandbox.deployment import (
    Deployment,
    NotEvaluated,
    RoleAssignment,
    RoleDefinition,
    built_in_roles,
    other_built_in_roles,
)


@dataclass(frozen=True)
class Action:
    """One operation of a resource provider: on data, or on the resource itself."""

    name: str
    data: bool = True


@dataclass(frozen=True)
class Requirement:
    """The right that a request takes: one of these actions, on this scope (a resource id)."""

    scope: str
    any_of: tuple[Action, ...]

    @classmethod
    def of(cls, scope: str, *actions: str, data: bool = True) -> "Requirement":
        """Return the requirement of one of `actions`, which are data actions by default."""
        return cls(scope, tuple(Action(each, data) for each in actions))


@dataclass(frozen=True)
class Allowed:
    """The assignment that meets a requirement, its role, and the action that the role grants."""

    requirement: Requirement
    action: Action
    assignment: RoleAssignment
    role: RoleDefinition


@dataclass(frozen=True)
class Denied:
    """A requirement that no assignment meets, and the names of the roles that would.

    `not_evaluated` are assignments that might meet it on Azure, and grant nothing here.
    """

    requirement: Requirement
    roles_that_would: tuple[str, ...]
    not_evaluated: tuple[NotEvaluated, ...] = ()

    @property
    def action(self) -> Action:
        return self.requirement.any_of[0]


Decision = Allowed | Denied


class UnknownRoleError(UserError):
    """An assignment of a role that is not defined."""


@dataclass(frozen=True)
class _Grant:
    assignment: RoleAssignment
    role: RoleDefinition


class Policy:
    """All role assignments, by principal and scope: a decision costs the depth of its scope."""

    def __init__(
        self,
        assignments: Iterable[RoleAssignment],
        custom_roles: Iterable[RoleDefinition] = (),
        not_evaluated: Iterable[NotEvaluated] = (),
    ) -> None:
        """`not_evaluated` grant nothing; a denial names those that might allow it on Azure.

        Raises UnknownRoleError if an assignment is of a role that is not defined.
        """
        self.custom_roles = tuple(custom_roles)
        self.not_evaluated = tuple(not_evaluated)
        # A remedy names none of Azure's seldom roles.
        self._remedies = (*built_in_roles(), *self.custom_roles)
        everything = (*built_in_roles(), *other_built_in_roles(), *self.custom_roles)
        self._roles = {_guid(each.id): each for each in everything}
        self._roles_that_would: dict[tuple[Action, ...], tuple[str, ...]] = {}
        self._grants: dict[tuple[str, str], tuple[_Grant, ...]] = {}
        found = defaultdict[tuple[str, str], list[_Grant]](list)
        for assignment in assignments:
            found[_place(assignment)].append(_Grant(assignment, self.role(assignment)))
        self._grants.update((place, tuple(grants)) for place, grants in found.items())

    @classmethod
    def of(cls, deployment: Deployment) -> "Policy":
        """Return the policy of a deployment's assignments and custom roles."""
        return cls(deployment.assignments, deployment.custom_roles, deployment.not_evaluated)

    @property
    def assignments(self) -> Iterator[RoleAssignment]:
        """All assignments that this policy decides by."""
        return (grant.assignment for grants in self._grants.values() for grant in grants)

    @property
    def roles(self) -> tuple[RoleDefinition, ...]:
        """Azure's own roles, then the custom ones."""
        return tuple(self._roles.values())

    def changed(
        self, removed: Iterable[RoleAssignment], added: Iterable[RoleAssignment]
    ) -> "Policy":
        """Return the policy without `removed` (by id) and with `added`.

        Raises UnknownRoleError.
        """
        grants = dict(self._grants)
        for each in removed:
            left = [kept for kept in grants.pop(_place(each), ()) if kept.assignment.id != each.id]
            if left:
                grants[_place(each)] = tuple(left)
        for each in added:
            grants[_place(each)] = (*grants.get(_place(each), ()), _Grant(each, self.role(each)))
        policy = copy(self)  # shares the roles, and what is known of them
        policy._grants = grants
        return policy

    def noting(self, not_evaluated: Iterable[NotEvaluated]) -> "Policy":
        """Return the policy with these assignments that are not evaluated."""
        policy = copy(self)
        policy.not_evaluated = tuple(not_evaluated)
        return policy

    def decide(self, principal_id: str, requirement: Requirement) -> Decision:
        """Return the first assignment that grants one of the required actions, or the denial."""
        for action in requirement.any_of:
            for grant in self._inherited(principal_id, requirement.scope):
                if holds(grant.role, action):
                    return Allowed(requirement, action, grant.assignment, grant.role)
        # Most deployments have none, and a denial should not look for them.
        beside = self._not_evaluated(principal_id, requirement) if self.not_evaluated else ()
        return Denied(requirement, self._roles_with(requirement.any_of), tuple(beside))

    def knows(self, role_definition_id: str) -> bool:
        """Return whether a role of this id is defined."""
        return _guid(role_definition_id) in self._roles

    def role(self, assignment: RoleAssignment) -> RoleDefinition:
        """Return the role that is assigned. Raises UnknownRoleError if it is not defined."""
        role = self._roles.get(_guid(assignment.role_definition_id))
        if role is None:
            raise UnknownRoleError(
                f"{assignment.id} assigns {assignment.role_definition_id}, which is neither a "
                "custom role of the snapshot nor in sandbox/deployment/builtin_roles.json; the "
                "sandbox enforces no role that it does not know, so add it there as Azure defines "
                "it: az role definition list --name " + _guid(assignment.role_definition_id)
            )
        return role

    def _inherited(self, principal_id: str, scope: str) -> Iterator[_Grant]:
        for each in scope_and_above(scope):
            yield from self._grants.get((principal_id.lower(), each), ())

    def _not_evaluated(self, principal_id: str, requirement: Requirement) -> Iterator[NotEvaluated]:
        """Return assignments that might meet it on Azure: any principal may be in a group."""
        scopes = set(scope_and_above(requirement.scope))
        return (
            each
            for each in self.not_evaluated
            if each.assignment.scope.lower() in scopes
            and (each.to_group or each.assignment.principal_id.lower() == principal_id.lower())
            and self._might_meet(each.assignment, requirement)
        )

    def _might_meet(self, assignment: RoleAssignment, requirement: Requirement) -> bool:
        role = self._roles.get(_guid(assignment.role_definition_id))
        return role is not None and any(holds(role, action) for action in requirement.any_of)

    def _roles_with(self, actions: tuple[Action, ...]) -> tuple[str, ...]:
        """Cached per set of actions: there are few, and a policy's roles never change."""
        if actions not in self._roles_that_would:
            self._roles_that_would[actions] = self._search(actions)
        return self._roles_that_would[actions]

    def _search(self, actions: tuple[Action, ...]) -> tuple[str, ...]:
        """Narrow roles first, because a reader wants the least privilege that works."""
        found = [role for role in self._remedies if any(holds(role, action) for action in actions)]
        data = actions[0].data
        return tuple(role.name for role in sorted(found, key=lambda role: _breadth(role, data)))


def scope_and_above(scope: str) -> Iterator[str]:
    """Yield `scope` and every scope that it inherits from, nearest first, in lower case."""
    scope = scope.lower().rstrip("/")
    while scope:
        yield scope
        scope = scope.rpartition("/")[0]


def holds(role: RoleDefinition, action: Action) -> bool:
    """Return whether `role` grants `action`. A control-plane action never implies a data action.

    A not-action takes away from this role alone; another role may still grant it
    (https://learn.microsoft.com/azure/role-based-access-control/role-definitions#notactions).
    """
    if action.data:
        return _any(role.data_actions, action.name) and not _any(role.not_data_actions, action.name)
    return _any(role.actions, action.name) and not _any(role.not_actions, action.name)


def _place(assignment: RoleAssignment) -> tuple[str, str]:
    """Return the key of an assignment among the grants."""
    return assignment.principal_id.lower(), assignment.scope.lower()


def _guid(role_definition_id: str) -> str:
    return role_definition_id.rsplit("/", 1)[-1].lower()


def _breadth(role: RoleDefinition, data: bool) -> tuple[bool, int, int, int, str]:
    """Return how much a role grants, first of all on the plane of the action.

    A longer pattern grants less: all of a vault's secrets, rather than all of the vault.
    """
    asked, other = (role.data_actions, role.actions)[:: 1 if data else -1]
    patterns = [len(each) for each in asked if "*" in each]
    return bool(patterns), -min(patterns, default=0), len(asked), len(other), role.name


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return any(_matcher(pattern).fullmatch(name) for pattern in patterns)


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    """Actions are compared without case, and `*` spans segments."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
