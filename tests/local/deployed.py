"""Azure's lists of an environment that matches the snapshot."""

from typing import Any

from local.rights import Environment, renaming
from sandbox.deployment import Deployment, Principal, PrincipalKind
from sandbox.rbac import built_in_roles

THERE = Environment("sub-1", "rg-keyless-dev", "stdevabc12345", "kv-dev-abc12345", "sb-dev-1")
GROUP = "/subscriptions/sub-1/resourceGroups/rg-keyless-dev"
ASSIGNMENTS = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments"
DEFINITIONS = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions"
IDENTITIES = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
APPS = f"{GROUP}/providers/Microsoft.App/containerApps"

Answers = dict[str, dict[str, Any]]


def as_deployed(deployment: Deployment, *absent: str) -> Answers:
    """Return Azure Resource Manager's answers by path, without the `absent` principals."""
    there = [each for each in deployment.principals if each.name not in absent]
    of_kind = {kind: [each for each in there if each.kind is kind] for kind in PrincipalKind}
    return {
        IDENTITIES: {"value": [_identity(each) for each in of_kind[PrincipalKind.USER_ASSIGNED]]},
        APPS: {"value": [_app(each) for each in of_kind[PrincipalKind.SYSTEM_ASSIGNED]]},
        DEFINITIONS: {"value": _definitions(deployment)},
        ASSIGNMENTS: {"value": _assignments(deployment, there)},
    }


def assigned(principal: str, role: str, scope: str, name: str, kind: str = "User") -> Any:
    """One entry of the list; `role` is the name (a GUID) of its definition."""
    properties = {
        "principalId": principal,
        "principalType": kind,
        "roleDefinitionId": f"/subscriptions/sub-1{_definition_id(role)}",
        "scope": scope,
        "description": "As it was deployed.",
    }
    return {"id": f"{scope}/providers/x/roleAssignments/{name}", "properties": properties}


def _identity(each: Principal) -> Any:
    name = f"id-{each.name}-dev"
    return {"name": name, "properties": {"principalId": each.principal_id.upper()}}


def _app(each: Principal) -> Any:
    return {"name": each.name, "identity": {"principalId": each.principal_id}}


def _definitions(deployment: Deployment) -> list[Any]:
    renamed = renaming(Environment.of_snapshot(deployment), THERE)
    return [
        {
            "name": each.id.rpartition("/")[2],
            "properties": {
                "roleName": renamed(each.name),
                "permissions": [
                    {"actions": list(each.actions), "dataActions": list(each.data_actions)}
                ],
            },
        }
        for each in (*built_in_roles(), *deployment.custom_roles)
    ]


def _assignments(deployment: Deployment, there: list[Principal]) -> list[Any]:
    renamed = renaming(Environment.of_snapshot(deployment), THERE)
    kinds = {each.principal_id: each.type for each in there}
    return [
        assigned(
            each.principal_id,
            each.role_definition_id.rpartition("/")[2],
            renamed(each.scope),
            str(number),
            kinds[each.principal_id],
        )
        for number, each in enumerate(deployment.assignments)
        if each.principal_id in kinds
    ]


def _definition_id(role: str) -> str:
    return f"/providers/Microsoft.Authorization/roleDefinitions/{role}"
