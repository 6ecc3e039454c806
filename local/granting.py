"""The commands by which an owner gives one right, or takes one away."""

import uuid

from sandbox.deployment import Principal, PrincipalKind

# The name space of ARM's guid();
# learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")

# Without the option azd skips a deployment whose template and parameters it has seen:
# learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-provision
DEPLOY_AGAIN = "azd provision --no-state"


def assignment_name(role: str, scope: str, object_id: str) -> str:
    """The name of an assignment, as shared/roles.bicep makes it; `role` is a GUID.

    Under another name the next deployment fails (RoleAssignmentExists): nobody is assigned a role
    twice on one scope.
    """
    return str(uuid.uuid5(_NAMESPACE, "-".join((scope, object_id, role, "keyless"))))


def granting(role: str, scope: str, object_id: str, kind: str) -> str:
    """The command that gives `role`, the GUID of its definition; empty if there is none."""
    if not role:
        return ""
    name = assignment_name(role, scope, object_id)
    subscription = "/".join(scope.split("/")[:3])  # and not the one that az has as its default
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return (
        f"az role assignment create --name {name} --assignee-object-id {object_id} "
        f"--assignee-principal-type {kind} --role {definition} --scope {scope}"
    )


def take_away(assignment_id: str) -> str:
    """The command that deletes one assignment."""
    return f"az role assignment delete --ids {assignment_id}"


def kind_of(principal: Principal) -> str:
    """What Azure calls the kind of `principal`: all managed identities are service principals."""
    return "User" if principal.kind is PrincipalKind.USER else "ServicePrincipal"
