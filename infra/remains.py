"""Resources that outlive a resource group: custom roles, and vaults that can be recovered."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.azure_cli import AzureCliError, run

# https://learn.microsoft.com/azure/role-based-access-control/troubleshooting: the assignments of a
# group that was just deleted may still be counted.
_STILL_ASSIGNED = "RoleDefinitionHasAssignments"
_ATTEMPTS = 12  # ten seconds apart


def roles_of(listed: Sequence[Mapping[str, Any]], suffix: str) -> Sequence[str]:
    """Return the names of roles.bicep's custom roles; `suffix` is a pattern."""
    ours = re.compile(rf"Keyless .+ \({suffix}\)")
    return [each["roleName"] for each in listed if ours.fullmatch(each["roleName"])]


def delete_role(name: str, subscription: str, pause: Callable[[float], None] = time.sleep) -> None:
    """Delete a custom role; wait while Azure still counts its assignments.

    Raises AzureCliError.
    """
    for attempt in range(_ATTEMPTS, 0, -1):
        try:
            run("role", "definition", "delete", "--name", name, subscription=subscription)
        except AzureCliError as error:
            if attempt == 1 or _STILL_ASSIGNED not in str(error):
                raise
            pause(10)
        else:
            return


def vaults_of(listed: Sequence[Mapping[str, Any]], group: str) -> Sequence[str]:
    """Return the names of the deleted vaults that were in a group."""
    within = f"/resourcegroups/{group}/".lower()
    return [each["name"] for each in listed if within in each["properties"]["vaultId"].lower()]
