"""What outlives a resource group: the custom roles go, a vault that can come back is named."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from infra.azd.programs import Stop, az, remember
from infra.azd.registration import remove_registration

_SERVICES = re.compile(r"SERVICE_(\w+)_IMAGE_NAME")


def say_farewell(env: Mapping[str, str] = os.environ) -> None:
    """Remove the registration, custom roles and images' names; name a vault that can return.

    Nothing, where the group is still there: azd asks before it deletes, and one may say no.
    """
    environment = env.get("AZURE_ENV_NAME", "")
    group = env.get("AZURE_RESOURCE_GROUP") or f"rg-keyless-{environment}"
    if az("group", "exists", "--name", group):
        print(f"  the group {group} is still there, so nothing else is removed")
        return
    remove_registration(env)
    for each in filter(_SERVICES.fullmatch, env):
        remember(each, "")  # they have gone with the registry
    if "CUSTOM_ROLE_DEPOSITOR" in env:
        print("  the custom roles were made beforehand, for others too: they stay")
    else:
        _remove_roles(environment)
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


def _remove_roles(environment: str) -> None:
    try:
        for name in roles_of(az("role", "definition", "list", "--custom-role-only"), environment):
            az("role", "definition", "delete", "--name", name)
            print(f"  the custom role '{name}' is gone")
    except Stop as error:
        print(f"  a custom role stays: {error}")


def _recoverable(group: str) -> Sequence[str]:
    try:
        return vaults_of(az("keyvault", "list-deleted", "--resource-type", "vault"), group)
    except Stop as error:
        print(f"  whether a deleted vault can be recovered is not known: {error}")
        return ()
