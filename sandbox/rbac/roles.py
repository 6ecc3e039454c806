"""Role definitions: Azure's own as data, and the test whether a role holds an action."""

import json
import re
from functools import cache
from pathlib import Path

from sandbox.deployment import RoleDefinition
from sandbox.rbac.action import Action

_BUILT_IN = Path(__file__).with_name("builtin_roles.json")


def built_in_roles() -> tuple[RoleDefinition, ...]:
    """Azure's own roles, as far as this deployment or a step beside it could use them."""
    return tuple(
        RoleDefinition(
            id=f"/providers/Microsoft.Authorization/roleDefinitions/{each['id']}",
            name=each["name"],
            actions=tuple(each.get("actions", ())),
            not_actions=tuple(each.get("notActions", ())),
            data_actions=tuple(each.get("dataActions", ())),
            not_data_actions=tuple(each.get("notDataActions", ())),
        )
        for each in json.loads(_BUILT_IN.read_text("utf-8"))["roles"]
    )


def holds(role: RoleDefinition, action: Action) -> bool:
    """Whether `role` grants `action`. What is control plane never implies what is data.

    A not-action takes away from this role alone; another role may still grant it
    (https://learn.microsoft.com/azure/role-based-access-control/role-definitions#notactions).
    """
    if action.data:
        return _any(role.data_actions, action.name) and not _any(role.not_data_actions, action.name)
    return _any(role.actions, action.name) and not _any(role.not_actions, action.name)


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return any(_matcher(pattern).fullmatch(name) for pattern in patterns)


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    """Actions are compared without case, and `*` spans segments."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
