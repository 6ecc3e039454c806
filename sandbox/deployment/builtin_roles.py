"""Azure's own role definitions, as far as the sandbox's planes could use them.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

import json
from functools import cache
from pathlib import Path

from sandbox.deployment.resources import RoleDefinition

_FILE = Path(__file__).with_name("builtin_roles.json")


@cache
def built_in_roles() -> tuple[RoleDefinition, ...]:
    """Return Azure's own roles: those of the data planes here, and the general ones."""
    return tuple(
        RoleDefinition(
            id=f"/providers/Microsoft.Authorization/roleDefinitions/{each['id']}",
            name=each["name"],
            actions=tuple(each.get("actions", ())),
            not_actions=tuple(each.get("notActions", ())),
            data_actions=tuple(each.get("dataActions", ())),
            not_data_actions=tuple(each.get("notDataActions", ())),
        )
        for each in json.loads(_FILE.read_text("utf-8"))["roles"]
    )
