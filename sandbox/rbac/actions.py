"""Actions by their names: those that roles name, and any other that Azure may have."""

import re
from collections.abc import Iterable, Mapping

from sandbox.deployment import RoleDefinition, built_in_roles
from sandbox.rbac.decision import Action

# Data actions that the roles here name only by a pattern.
_MORE_DATA_ACTIONS = (
    "Microsoft.KeyVault/vaults/secrets/delete",
    "Microsoft.KeyVault/vaults/secrets/purge/action",
    "Microsoft.KeyVault/vaults/secrets/recover/action",
    "Microsoft.KeyVault/vaults/secrets/update/action",
    "Microsoft.KeyVault/vaults/secrets/backup/action",
    "Microsoft.KeyVault/vaults/secrets/restore/action",
    "Microsoft.ServiceBus/namespaces/messages/receive/action",
    "Microsoft.ServiceBus/namespaces/messages/send/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/deleteBlobVersion/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/filter/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write",
)

# The resource types of data have these actions of the control plane, too.
# https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault
_CONTROL = frozenset(
    {"microsoft.keyvault/vaults/secrets/read", "microsoft.keyvault/vaults/secrets/write"}
)
_NAME = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)+(/[A-Za-z0-9]+){2,12}")


def known_actions(custom_roles: Iterable[RoleDefinition] = ()) -> Mapping[str, Action]:
    """Return every action that a role names without a pattern, by its name."""
    roles = (*built_in_roles(), *custom_roles)
    data = {each for role in roles for each in role.data_actions if "*" not in each}
    control = {each for role in roles for each in role.actions if "*" not in each}
    data.update(_MORE_DATA_ACTIONS)
    return {name: Action(name, data=name in data) for name in data | control}


def action_of(name: str, custom_roles: Iterable[RoleDefinition] = ()) -> Action | None:
    """Return the action of this name, which no role has to name; None if it is no action's.

    An unknown one is on data if its resource type has other actions on data.
    """
    known = {each.lower(): action for each, action in known_actions(custom_roles).items()}
    if name.lower() in known:
        return known[name.lower()]
    if not _NAME.fullmatch(name):
        return None
    types = {_type_of(each) for each, action in known.items() if action.data}
    on_data = any(name.lower().startswith(f"{each}/") for each in types)
    return Action(name, data=on_data and name.lower() not in _CONTROL)


def _type_of(action: str) -> str:
    """Return the resource type that an action is on."""
    return action.removesuffix("/action").rpartition("/")[0]
