"""Decides whether a principal may do something, and names what allowed it or what is missing.

Has never heard of HTTP or AMQP: a principal, an action and a scope come in, a decision goes out.
https://learn.microsoft.com/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.broken import FaultError
from sandbox.deployment import Deployment, RoleAssignment, RoleDefinition
from sandbox.rbac.action import Action, Need
from sandbox.rbac.roles import built_in_roles, holds


@dataclass(frozen=True)
class Allowed:
    """The assignment that allows a need, its role, and which of the need's actions it grants."""

    need: Need
    action: Action
    assignment: RoleAssignment
    role: RoleDefinition


@dataclass(frozen=True)
class Denied:
    """A need that no assignment allows, and the names of the roles that would."""

    need: Need
    roles_that_would: tuple[str, ...]

    @property
    def action(self) -> Action:
        return self.need.any_of[0]


Decision = Allowed | Denied


class UnknownRoleError(FaultError):
    """An assignment of a role that nobody has defined."""


@dataclass(frozen=True)
class _Grant:
    assignment: RoleAssignment
    role: RoleDefinition


class Policy:
    """All role assignments, by principal and scope: a decision costs the depth of its scope."""

    def __init__(
        self, assignments: Iterable[RoleAssignment], custom_roles: Iterable[RoleDefinition] = ()
    ) -> None:
        """Raises UnknownRoleError if an assignment is of a role that nobody has defined."""
        self._roles = {_guid(each.id): each for each in (*built_in_roles(), *custom_roles)}
        self._roles_that_would: dict[tuple[Action, ...], tuple[str, ...]] = {}
        self._grants: Mapping[tuple[str, str], list[_Grant]] = defaultdict(list)
        for assignment in assignments:
            key = (assignment.principal_id.lower(), assignment.scope.lower())
            self._grants[key].append(_Grant(assignment, self.role(assignment)))

    @classmethod
    def of(cls, deployment: Deployment) -> "Policy":
        """The policy that a deployment sets up."""
        return cls(deployment.assignments, deployment.custom_roles)

    def decide(self, principal_id: str, need: Need) -> Decision:
        """Whether `principal_id` may do what `need` says; the first action that is granted wins."""
        for action in need.any_of:
            for grant in self._inherited(principal_id, need.scope):
                if holds(grant.role, action):
                    return Allowed(need, action, grant.assignment, grant.role)
        return Denied(need, self._roles_with(need.any_of))

    def _inherited(self, principal_id: str, scope: str) -> Iterator[_Grant]:
        for each in scope_and_above(scope):
            yield from self._grants.get((principal_id.lower(), each), ())

    def _roles_with(self, actions: tuple[Action, ...]) -> tuple[str, ...]:
        """Found once for each of the data planes' few needs: roles do not change under a policy."""
        if actions not in self._roles_that_would:
            self._roles_that_would[actions] = self._search(actions)
        return self._roles_that_would[actions]

    def _search(self, actions: tuple[Action, ...]) -> tuple[str, ...]:
        """Narrow roles first: who reads this wants the least that works."""
        found = [
            role for role in self._roles.values() if any(holds(role, action) for action in actions)
        ]
        data = actions[0].data
        return tuple(role.name for role in sorted(found, key=lambda role: _breadth(role, data)))

    def role(self, assignment: RoleAssignment) -> RoleDefinition:
        """The role that is assigned. Raises UnknownRoleError if nobody has defined it."""
        role = self._roles.get(_guid(assignment.role_definition_id))
        if role is None:
            raise UnknownRoleError(
                f"{assignment.id} assigns {assignment.role_definition_id}, which is neither a "
                "custom role of the snapshot nor in sandbox/rbac/builtin_roles.json; the sandbox "
                "enforces no role that it does not know, so add it there as Azure defines it: "
                "az role definition list --name " + _guid(assignment.role_definition_id)
            )
        return role


def scope_and_above(scope: str) -> Iterator[str]:
    """`scope` and every scope that it inherits from, nearest first, in lower case."""
    scope = scope.lower().rstrip("/")
    while scope:
        yield scope
        scope = scope.rpartition("/")[0]


def _guid(role_definition_id: str) -> str:
    return role_definition_id.rsplit("/", 1)[-1].lower()


def _breadth(role: RoleDefinition, data: bool) -> tuple[bool, int, int, int, str]:
    """How much a role grants, first of all on the plane that is asked for.

    A pattern grants the less the longer it is: all of a vault's secrets, or all of the vault.
    """
    asked, other = (role.data_actions, role.actions)[:: 1 if data else -1]
    patterns = [len(each) for each in asked if "*" in each]
    return bool(patterns), -min(patterns, default=0), len(asked), len(other), role.name
