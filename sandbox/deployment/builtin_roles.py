"""Azure's own role definitions, as far as the sandbox's planes could use them.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

import json
from functools import cache
from pathlib import Path

from sandbox.deployment.roles import RoleDefinition

_FILE = Path(__file__).with_name("builtin_roles.json")


def built_in_roles() -> tuple[RoleDefinition, ...]:
    """Return Azure's own roles that a remedy may name: those made for the data planes here."""
    return _roles("roles")


def other_built_in_roles() -> tuple[RoleDefinition, ...]:
    """Return Azure's other roles with actions on such data, and the general ones.

    They are enforced like any. Most are made for one service of Azure, so that no remedy names
    them.
    """
    return _roles("others")


@cache
def _roles(of: str) -> tuple[RoleDefinition, ...]:
    return tuple(
        RoleDefinition(
            id=f"/providers/Microsoft.Authorization/roleDefinitions/{each['id']}",
            name=each["name"],
            actions=tuple(each.get("actions", ())),
            not_actions=tuple(each.get("notActions", ())),
            data_actions=tuple(each.get("dataActions", ())),
            not_data_actions=tuple(each.get("notDataActions", ())),
        )
        for each in json.loads(_FILE.read_text("utf-8"))[of]
    )
