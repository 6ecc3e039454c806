"""The commands by which an owner gives one right, or takes one away.

Each gives the assignment the name that the deployment would give it. Under another name, the next
deployment of the same row fails (RoleAssignmentExists): nobody is assigned a role twice on one
scope.
"""

import re
import uuid

from sandbox.deployment import Principal, PrincipalKind, RoleDefinition
from sandbox.rbac import built_in_roles

# The name space of ARM's guid();
# learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")

# Without the option azd skips a deployment whose template and parameters it has seen:
# learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-provision
DEPLOY_AGAIN = "azd provision --no-state"

# The words of a resource id as Bicep writes them. A refusal may have them in small letters, and
# guid() tells them apart.
_AS_BICEP = {
    each.lower(): each
    for each in (
        "resourceGroups",
        "Microsoft.KeyVault",
        "Microsoft.ServiceBus",
        "Microsoft.Storage",
        "storageAccounts",
        "blobServices",
    )
}


def assignment_name(role: str, scope: str, object_id: str) -> str:
    """Return the name of an assignment, as shared/roles.bicep makes it; `role` is a GUID."""
    return _guid(scope, object_id, role, "keyless")


def name_option(role: str, scope: str, object_id: str) -> str:
    """Return the option that names an assignment; empty where a part of the name is not known."""
    parts = (role, scope, object_id)
    known = all(each and "<" not in each for each in parts)
    return f" --name {assignment_name(role, scope, object_id)}" if known else ""


def built_in_guid(name: str) -> str:
    """Return the GUID of one of Azure's own roles; empty if it is none that is known here."""
    found = (each.id for each in built_in_roles() if each.name == name)
    return next(found, "").rpartition("/")[2]


def custom_role_guid(role: RoleDefinition, before: str, after: str, name: str) -> str:
    """Return the GUID of `role` in another environment, where it is called `name`.

    modules/roles.bicep makes it of the subscription (`before` here, `after` there), a word and what
    stands in brackets in the role's name. The word is one that gives the GUID that is known here;
    empty if there is none.
    """
    title, _, suffix = role.name.rstrip(")").partition(" (")
    there = name.rstrip(")").partition(" (")[2]
    words = title.lower().split()
    for word in ("-".join(words[start:]) for start in range(len(words))):
        if _guid(f"/subscriptions/{before}", word, suffix) == role.id.rpartition("/")[2].lower():
            return _guid(f"/subscriptions/{after}", word, there)
    return ""


def with_bicep_casing(scope: str) -> str:
    """Return a resource id with its fixed words in Bicep's letters."""
    return re.sub(r"[^/]+", lambda word: _AS_BICEP.get(word[0].lower(), word[0]), scope)


def create_assignment(role: str, scope: str, object_id: str, kind: str) -> str:
    """Return the command that gives `role`, the GUID of its definition; empty if there is none."""
    if not role:
        return ""
    subscription = "/".join(scope.split("/")[:3])  # and not the one that az has as its default
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return (
        f"az role assignment create --assignee-object-id {object_id} "
        f"--assignee-principal-type {kind} --role {definition} --scope {scope}"
        f"{name_option(role, scope, object_id)}"
    )


def delete_assignment(assignment_id: str) -> str:
    """Return the command that deletes one assignment."""
    return f"az role assignment delete --ids {assignment_id}"


def principal_type_of(principal: Principal) -> str:
    """What Azure calls the kind of `principal`: all managed identities are service principals."""
    return "User" if principal.kind is PrincipalKind.USER else "ServicePrincipal"


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "-".join(parts)))
