"""Role assignments of the sandbox, or of a deployed resource group where they are readable."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from local.arm import ResourceManager
from local.rights import Environment, Right
from sandbox.deployment import Deployment, RoleDefinition
from sandbox.rbac import Action, Policy, holds

_VERSION = "2022-04-01"


@dataclass(frozen=True)
class Grant:
    """A role on a scope, assigned to a principal id that may no longer exist."""

    principal_id: str
    role: RoleDefinition
    scope: str

    def covers(self, scope: str) -> bool:
        """Return whether it is on `scope` or above it."""
        return f"{scope}/".lower().startswith(f"{self.scope.rstrip('/')}/".lower())

    def allows(self, actions: Collection[str], scope: str) -> bool:
        """Return whether its role includes all of these data actions there."""
        return self.covers(scope) and all(
            holds(self.role, Action(each, data=True)) for each in actions
        )


def of(object_id: str, scope: str, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return the grants of this object id on `scope` or above it."""
    me = object_id.lower()
    return tuple(each for each in grants if each.principal_id.lower() == me and each.covers(scope))


def is_held(right: Right, object_id: str, grants: Iterable[Grant] | None) -> bool:
    """Return whether one of `grants` gives `right` to this object id."""
    mine = of(object_id, right.scope, grants or ())
    return any(each.allows(right.actions, right.scope) for each in mine)


def of_policy(deployment: Deployment) -> tuple[Grant, ...]:
    """Return the sandbox's role assignments."""
    policy = Policy.of(deployment)
    return tuple(
        Grant(each.principal_id, policy.role(each), each.scope) for each in deployment.assignments
    )


def of_azure(arm: ResourceManager, environment: Environment) -> tuple[Grant, ...]:
    """Return the role assignments on, below and above the group. Raises UnseenError.

    learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope
    """
    path = f"{environment.group_id}/providers/Microsoft.Authorization/roleAssignments"
    listed = [each["properties"] for each in arm.listed(path, _VERSION)]
    roles = {
        role: _definition(role, arm.one(role, _VERSION)["properties"])
        for role in dict.fromkeys(each["roleDefinitionId"] for each in listed)
    }
    return tuple(
        Grant(each["principalId"].lower(), roles[each["roleDefinitionId"]], each["scope"])
        for each in listed
    )


def _definition(role: str, properties: dict[str, Any]) -> RoleDefinition:
    permissions = properties["permissions"]

    def of(kind: str) -> tuple[str, ...]:
        return tuple(action for each in permissions for action in each.get(kind) or ())

    return RoleDefinition(
        id=role,
        name=properties["roleName"],
        actions=of("actions"),
        not_actions=of("notActions"),
        data_actions=of("dataActions"),
        not_data_actions=of("notDataActions"),
    )
