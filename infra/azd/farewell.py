"""What outlives a resource group: the custom roles go, a vault that can come back is named."""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence

from infra.azd.choices import group_of, restore_choices
from infra.azd.programs import Stop, az, remember, subscription
from infra.azd.registration import remove_registration
from infra.azure_cli import AzureCliError
from infra.remains import delete_role, roles_of, vaults_of

_SERVICES = re.compile(r"SERVICE_(\w+)_IMAGE_NAME")


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


def _remove_roles(environment: str, pause: Callable[[float], None]) -> None:
    try:
        found = az("role", "definition", "list", "--custom-role-only")
    except Stop as error:
        print(f"  whether a custom role stays is not known: {error}")
        return
    for name in roles_of(found, rf"{re.escape(environment)}-[a-z0-9]{{8}}"):
        try:
            delete_role(name, subscription(), pause)
            print(f"  the custom role '{name}' is gone")
        except AzureCliError as error:
            print(f"  the custom role '{name}' stays: {error}")
            print(f"    later: az role definition delete --name '{name}'")


def _recoverable(group: str) -> Sequence[str]:
    try:
        return vaults_of(az("keyvault", "list-deleted", "--resource-type", "vault"), group)
    except Stop as error:
        print(f"  whether a deleted vault can be recovered is not known: {error}")
        return ()
