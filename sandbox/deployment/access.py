"""The role assignments and custom roles of a snapshot."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.deployment.expressions import Unresolved, guid
from sandbox.deployment.resources import LeftOut
from sandbox.deployment.roles import NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.deployment.snapshot import (
    ASSIGNMENT,
    ROLE,
    Snapshot,
    SnapshotError,
    about,
    known,
    properties_of,
)

_MARK = f"/providers/{ASSIGNMENT}/"
_ON_SCOPE = re.compile(r"\[extensionResourceId\('([^']+)', ", re.IGNORECASE)
_ON_GROUP = re.compile(
    rf"\[resourceId\('([^']+)', '([^']+)', '{re.escape(ASSIGNMENT)}', ", re.IGNORECASE
)
_ONLY_AZURE_KNOWS = "its {} is known only on Azure, so it grants nothing here"

Found = RoleAssignment | NotEvaluated | LeftOut


def assignments(snapshot: Snapshot) -> Iterator[Found]:
    """Return the role assignments of a snapshot, and those that grant nothing here.

    Raises SnapshotError for an assignment without a scope.
    """
    for each in snapshot.of_type(ASSIGNMENT):
        if each.get("condition") is False:  # of the resource: it is not deployed
            continue
        with about(each):
            yield _assignment(each)


def _assignment(resource: Mapping[str, Any]) -> Found:
    properties = properties_of(resource)
    if isinstance(resource.get("condition"), Unresolved):
        return LeftOut(ASSIGNMENT, _id(resource), _ONLY_AZURE_KNOWS.format("condition"))
    for name in ("principalId", "roleDefinitionId"):
        if isinstance(properties[name], Unresolved):
            return LeftOut(ASSIGNMENT, _id(resource), _ONLY_AZURE_KNOWS.format(name))
    found = RoleAssignment(
        id=_id(resource),
        scope=_scope(resource),
        principal_id=properties["principalId"],
        role_definition_id=properties["roleDefinitionId"],
        why=known(properties, "description", ""),
    )
    if properties.get("condition"):
        return NotEvaluated(found, "its condition is not evaluated here")
    if str(known(properties, "principalType", "")).lower() == "group":
        return NotEvaluated(found, "the sandbox has no groups", to_group=True)
    return found


def _id(resource: Mapping[str, Any]) -> str:
    """Return the assignment's id. Only Azure may know its name, but its scope is known."""
    written = resource["id"]
    if not isinstance(written, Unresolved):
        return str(written)
    if found := _ON_SCOPE.match(written.text):
        scope = found[1]
    elif found := _ON_GROUP.match(written.text):
        scope = f"/subscriptions/{found[1]}/resourceGroups/{found[2]}"
    else:
        raise SnapshotError(f"cannot tell the scope of the role assignment {written.text}")
    return f"{scope}{_MARK}{guid(written.text)}"


def _scope(resource: Mapping[str, Any]) -> str:
    scope = _id(resource).rpartition(_MARK)[0]
    if not scope:
        raise SnapshotError(f"cannot tell the scope of the role assignment {resource['id']}")
    return scope


def custom_roles(snapshot: Snapshot) -> Iterator[RoleDefinition | LeftOut]:
    """Return the roles that the deployment defines.

    One of several permissions is left out: the not-actions of each count within it alone.
    """
    for each in snapshot.of_type(ROLE):
        with about(each):
            yield _custom_role(each)


def _custom_role(resource: Mapping[str, Any]) -> RoleDefinition | LeftOut:
    properties = resource["properties"]
    name = known(properties, "roleName", resource["name"])
    if len(properties["permissions"]) != 1:
        return LeftOut(ROLE, name, "it has several permissions, so it grants nothing here")
    (permission,) = properties["permissions"]
    return RoleDefinition(
        id=resource["id"],
        name=name,
        actions=tuple(known(permission, "actions", ())),
        not_actions=tuple(known(permission, "notActions", ())),
        data_actions=tuple(known(permission, "dataActions", ())),
        not_data_actions=tuple(known(permission, "notDataActions", ())),
        assignable_scopes=tuple(known(properties, "assignableScopes", ())),
    )
