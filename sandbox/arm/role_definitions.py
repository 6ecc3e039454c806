"""Microsoft.Authorization/roleDefinitions: list and get Azure's own roles and the custom ones.

https://learn.microsoft.com/rest/api/authorization/role-definitions
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.arm import errors
from sandbox.arm.filters import DefinitionFilter
from sandbox.deployment import RoleDefinition
from sandbox.rbac import Assignments, scope_and_above

Json = Mapping[str, Any]

_TYPE = "Microsoft.Authorization/roleDefinitions"


class RoleDefinitions:
    """The operations on the roles that can be assigned."""

    def __init__(self, assignments: Assignments, subscription: str) -> None:
        """`subscription` is a resource id."""
        self._assignments = assignments
        self._subscription = subscription

    def list(self, scope: str, filtered: str) -> Json:
        """Return the roles that can be assigned at `scope`. Raises Refusal."""
        wanted = DefinitionFilter.parse(filtered)
        found = (
            each for each in self._assignable(scope) if wanted.takes(each.name, _role_type(each))
        )
        return {"value": [self._shown(each) for each in found]}

    def get(self, name: str) -> Json:
        """Return one role; `name` is its GUID. Raises Refusal."""
        for each in self._assignments.roles:
            if _guid(each) == name.lower():
                return self._shown(each)
        raise errors.definition_not_found(name)

    def _assignable(self, scope: str) -> Iterator[RoleDefinition]:
        above = set(scope_and_above(scope))
        for each in self._assignments.roles:
            scopes = {one.rstrip("/").lower() for one in each.assignable_scopes}
            if "" in scopes or scopes & above:
                yield each

    def _shown(self, role: RoleDefinition) -> Json:
        return {
            "properties": {
                "roleName": role.name,
                "type": _role_type(role),
                "assignableScopes": list(role.assignable_scopes),
                "permissions": [
                    {
                        "actions": list(role.actions),
                        "notActions": list(role.not_actions),
                        "dataActions": list(role.data_actions),
                        "notDataActions": list(role.not_data_actions),
                    }
                ],
            },
            "id": f"{self._subscription}/providers/{_TYPE}/{_guid(role)}",
            "type": _TYPE,
            "name": _guid(role),
        }


def _role_type(role: RoleDefinition) -> str:
    return "BuiltInRole" if "/" in role.assignable_scopes else "CustomRole"


def _guid(role: RoleDefinition) -> str:
    return role.id.rpartition("/")[2].lower()
