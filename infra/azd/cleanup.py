"""Clean-up after `azd down`: custom roles, the registration, and vaults that stay recoverable."""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence

from infra.azd.choices import group_of, restore_choices
from infra.azd.registration import remove_registration
from infra.azd.tools import Stop, az, remember, subscription
from infra.azure_cli import AzureCliError
from infra.remains import delete_role, roles_of, vaults_of

_SERVICES = re.compile(r"SERVICE_(\w+)_IMAGE_NAME")


def clean_up(
    env: Mapping[str, str] = os.environ, pause: Callable[[float], None] = time.sleep
) -> None:
    """Remove the registration, custom roles and image names; name recoverable vaults.

    Do nothing if the group still exists: azd asks before it deletes, and the user may decline.
    """
    environment = env.get("AZURE_ENV_NAME", "")
    group = group_of(env)
    if az("group", "exists", "--name", group):
        print(f"  the group {group} still exists, so nothing else is removed")
        restore_choices(env, is_deleted=False)
        return
    remove_registration(env)
    restore_choices(env, is_deleted=True)
    for each in filter(_SERVICES.fullmatch, env):
        remember(each, "")  # deleted with the registry
    if "CUSTOM_ROLE_DEPOSITOR" in env:
        print("  the custom roles were created beforehand and are shared: they stay")
    else:
        _remove_roles(environment, pause)
    for vault in _recoverable(group):
        print(f"  the vault {vault} can be recovered; its name stays taken until it is purged:")
        print(f"    az keyvault purge --name {vault}")


def _remove_roles(environment: str, pause: Callable[[float], None]) -> None:
    try:
        found = az("role", "definition", "list", "--custom-role-only")
    except Stop as error:
        print(f"  the custom roles could not be listed: {error}")
        return
    for name in roles_of(found, rf"{re.escape(environment)}-[a-z0-9]{{8}}"):
        try:
            delete_role(name, subscription(), pause)
            print(f"  deleted the custom role '{name}'")
        except AzureCliError as error:
            print(f"  could not delete the custom role '{name}': {error}")
            print(f"    later: az role definition delete --name '{name}'")


def _recoverable(group: str) -> Sequence[str]:
    try:
        return vaults_of(az("keyvault", "list-deleted", "--resource-type", "vault"), group)
    except Stop as error:
        print(f"  the deleted vaults could not be listed: {error}")
        return ()
