"""The role assignments and custom roles of a snapshot."""

from collections.abc import Iterator

from sandbox.deployment.resources import RoleAssignment, RoleDefinition
from sandbox.deployment.snapshot import ASSIGNMENT, Snapshot, SnapshotError

_ASSIGNMENT_MARK = f"/providers/{ASSIGNMENT}/"


def assignments(snapshot: Snapshot) -> Iterator[RoleAssignment]:
    """Return the role assignments of a snapshot.

    Raises SnapshotError for an unknown scope, and for a condition: ignoring it would allow more
    than Azure does.
    """
    for each in snapshot.of_type(ASSIGNMENT):
        scope = each["id"].rpartition(_ASSIGNMENT_MARK)[0]
        if not scope:
            raise SnapshotError(f"cannot tell the scope of the role assignment {each['id']}")
        properties = each["properties"]
        if properties.get("condition"):
            raise SnapshotError(f"the sandbox knows no condition, and {each['id']} has one")
        yield RoleAssignment(
            id=each["id"],
            scope=scope,
            principal_id=properties["principalId"],
            role_definition_id=properties["roleDefinitionId"],
            why=properties.get("description", ""),
        )


def custom_roles(snapshot: Snapshot) -> Iterator[RoleDefinition]:
    """Return the roles that the deployment defines.

    Raises SnapshotError for one of several permissions, whose not-actions each count within one.
    """
    for each in snapshot.of_type("Microsoft.Authorization/roleDefinitions"):
        properties = each["properties"]
        if len(properties["permissions"]) != 1:
            raise SnapshotError(f"the role {properties['roleName']} must have one permission")
        (permission,) = properties["permissions"]
        yield RoleDefinition(
            id=each["id"],
            name=properties["roleName"],
            actions=tuple(permission.get("actions", ())),
            not_actions=tuple(permission.get("notActions", ())),
            data_actions=tuple(permission.get("dataActions", ())),
            not_data_actions=tuple(permission.get("notDataActions", ())),
            assignable_scopes=tuple(properties.get("assignableScopes", ())),
        )
