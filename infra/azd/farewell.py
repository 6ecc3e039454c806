"""What outlives a resource group: the custom roles go, a vault that can come back is named."""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.azd.choices import group_of, restore_choices
from infra.azd.programs import Stop, az, remember
from infra.azd.registration import remove_registration

_SERVICES = re.compile(r"SERVICE_(\w+)_IMAGE_NAME")
# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting: the assignments of a
# group that was just deleted may still be counted.
_STILL_ASSIGNED = "RoleDefinitionHasAssignments"
_PATIENCE = 12  # times ten seconds


def say_farewell(
    env: Mapping[str, str] = os.environ, pause: Callable[[float], None] = time.sleep
) -> None:
    """Remove the registration, custom roles and images' names; name a vault that can return.

    Nothing, where the group is still there: azd asks before it deletes, and one may say no.
    """
    environment = env.get("AZURE_ENV_NAME", "")
    group = group_of(env)
    if az("group", "exists", "--name", group):
        print(f"  the group {group} is still there, so nothing else is removed")
        restore_choices(env, is_deleted=False)
        return
    remove_registration(env)
    restore_choices(env, is_deleted=True)
    for each in filter(_SERVICES.fullmatch, env):
        remember(each, "")  # they have gone with the registry
    if "CUSTOM_ROLE_DEPOSITOR" in env:
        print("  the custom roles were made beforehand, for others too: they stay")
    else:
        _remove_roles(environment, pause)
    for vault in _recoverable(group):
        print(f"  the vault {vault} can be recovered, and its name is taken until it is purged:")
        print(f"    az keyvault purge --name {vault}")


def roles_of(listed: Sequence[Mapping[str, Any]], environment: str) -> Sequence[str]:
    """The names of the custom roles that an environment's deployment made for itself."""
    ours = re.compile(rf"Keyless .+ \({re.escape(environment)}-[a-z0-9]{{8}}\)")
    return [each["roleName"] for each in listed if ours.fullmatch(each["roleName"])]


def vaults_of(listed: Sequence[Mapping[str, Any]], group: str) -> Sequence[str]:
    """The deleted vaults that were in a group."""
    within = f"/resourcegroups/{group}/".lower()
    return [each["name"] for each in listed if within in each["properties"]["vaultId"].lower()]


def _remove_roles(environment: str, pause: Callable[[float], None]) -> None:
    try:
        names = roles_of(az("role", "definition", "list", "--custom-role-only"), environment)
    except Stop as error:
        print(f"  whether a custom role stays is not known: {error}")
        return
    for name in names:
        try:
            delete_role(name, pause)
            print(f"  the custom role '{name}' is gone")
        except Stop as error:
            print(f"  the custom role '{name}' stays: {error}")
            print(f"    later: az role definition delete --name '{name}'")


def delete_role(name: str, pause: Callable[[float], None] = time.sleep) -> None:
    """Delete a custom role, and wait while Azure still counts its assignments. Raises Stop."""
    for attempt in range(_PATIENCE, 0, -1):
        try:
            az("role", "definition", "delete", "--name", name)
        except Stop as error:
            if attempt == 1 or _STILL_ASSIGNED not in str(error):
                raise
            pause(10)
        else:
            return


def _recoverable(group: str) -> Sequence[str]:
    try:
        return vaults_of(az("keyvault", "list-deleted", "--resource-type", "vault"), group)
    except Stop as error:
        print(f"  whether a deleted vault can be recovered is not known: {error}")
        return ()
