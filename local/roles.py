"""The role definitions of a deployed environment, under the policy's names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.arm import ResourceManager
from local.rights import Environment, renaming
from sandbox.deployment import Deployment, RoleDefinition
from sandbox.rbac import built_in_roles

_VERSION = "2022-04-01"

_Permitted = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Roles:
    """Role names by the GUID of the definition; `own` are the policy's roles.

    A custom role is recognized by its actions, not by its name: environments may share it
    (docs/who-may-deploy.md), and one that was edited is no longer the policy's.
    """

    names: Mapping[str, str]
    own: Mapping[str, str]

    @classmethod
    def of_azure(
        cls, arm: ResourceManager, environment: Environment, deployment: Deployment
    ) -> "Roles":
        """Return the roles that can be assigned in the group. Raises UnseenError.

        learn.microsoft.com/rest/api/authorization/role-definitions/list
        """
        path = f"{environment.group_id}/providers/Microsoft.Authorization/roleDefinitions"
        listed = list(arm.listed(path, _VERSION))
        named = {each["name"].lower(): each["properties"]["roleName"] for each in listed}
        ours = {_held(each): called(each) for each in deployment.custom_roles}
        own = {_guid_of(each.id): each.name for each in built_in_roles()}
        renamed = renaming(Environment.of_snapshot(deployment), environment)
        expected = {renamed(each.name) for each in deployment.custom_roles}
        # Other environments may have the same roles, so this one's come last and win.
        for each in sorted(listed, key=lambda each: each["properties"]["roleName"] in expected):
            if (permitted := _permitted(each["properties"]["permissions"])) in ours:
                own[each["name"].lower()] = ours[permitted]
        return cls(named | own, own)

    def name(self, definition_id: str) -> str:
        """Return the role's name; its GUID if Azure does not list it."""
        guid = _guid_of(definition_id)
        return self.names.get(guid, guid)

    def guid(self, name: str) -> str:
        """Return the GUID of the policy's role `name`; empty if there is none."""
        found = [guid for guid, own in self.own.items() if own == name]
        return found[-1] if found else ""


def called(role: RoleDefinition) -> str:
    """Return the policy's name of a role, without the environment's suffix."""
    return role.name.partition(" (")[0]


def _guid_of(definition_id: str) -> str:
    """Return the GUID at the end of a definition's id."""
    return definition_id.rpartition("/")[2].lower()


def _held(role: RoleDefinition) -> _Permitted:
    kinds = (role.actions, role.not_actions, role.data_actions, role.not_data_actions)
    return tuple(map(_letters_aside, kinds))


def _permitted(permissions: Iterable[Mapping[str, Any]]) -> _Permitted:
    permissions = list(permissions)
    return tuple(
        _letters_aside(action for each in permissions for action in each.get(kind) or ())
        for kind in ("actions", "notActions", "dataActions", "notDataActions")
    )


def _letters_aside(actions: Iterable[str]) -> frozenset[str]:
    return frozenset(each.lower() for each in actions)
