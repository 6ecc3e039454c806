"""The `az` commands that create and delete role assignments.

Each assignment gets the name that the deployment would give it. Under another name, the next
deployment of the same row fails (RoleAssignmentExists): Azure allows one assignment for each
principal, role and scope.
"""

import re
import uuid
from collections.abc import Iterable, Iterator

from sandbox.commands import KEYLESS
from sandbox.deployment import DEPLOYER, RoleDefinition
from sandbox.deployment.short_names import subscription_of
from sandbox.rbac import built_in_roles

# The namespace of ARM's guid();
# learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string
_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")

# Without the option, azd skips a deployment with unchanged template and parameters:
# learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-provision
DEPLOY_AGAIN = "azd provision --no-state"

# The words of a resource id as Bicep writes them. An error may have them in lower case, and guid()
# is case-sensitive.
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
    """Return the option that names an assignment; empty if a part of the name is unknown."""
    parts = (role, scope, object_id)
    known = all(each and "<" not in each for each in parts)
    return f" --name {assignment_name(role, scope, object_id)}" if known else ""


def built_in_guid(name: str) -> str:
    """Return the GUID of one of Azure's built-in roles; empty if it is not known here."""
    found = (each.id for each in built_in_roles() if each.name == name)
    return next(found, "").rpartition("/")[2]


def custom_role_guid(role: RoleDefinition, before: str, after: str, name: str) -> str:
    """Return the GUID of `role` in another environment, where it is called `name`.

    modules/roles.bicep derives it from the subscription (`before` here, `after` there), a word of
    the name, and the suffix in brackets. The word is found by the known GUID; empty if none fits.
    """
    title, _, suffix = role.name.rstrip(")").partition(" (")
    there = name.rstrip(")").partition(" (")[2]
    words = title.lower().split()
    for word in ("-".join(words[start:]) for start in range(len(words))):
        if _guid(f"/subscriptions/{before}", word, suffix) == role.id.rpartition("/")[2].lower():
            return _guid(f"/subscriptions/{after}", word, there)
    return ""


def with_bicep_casing(scope: str) -> str:
    """Return a resource id with its fixed words in Bicep's casing."""
    return re.sub(r"[^/]+", lambda word: _AS_BICEP.get(word[0].lower(), word[0]), scope)


def create_assignment(role: str, scope: str, object_id: str, kind: str) -> str:
    """Return the command that assigns `role`, the GUID of a definition; empty without a role."""
    if not role:
        return ""
    subscription = subscription_of(scope)  # which may not be az's default
    definition = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return (
        f"az role assignment create --assignee-object-id {object_id} "
        f"--assignee-principal-type {kind} --role {definition} --scope {scope}"
        f"{name_option(role, scope, object_id)}"
    )


def in_sandbox(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines of advice; the sandbox's deployer signs in and runs those of `az role`."""
    signed_in = False
    for each in lines:
        if not each.startswith("az role "):
            yield each
            continue
        if not signed_in:
            yield f"{KEYLESS} sign-in --approve --as {DEPLOYER}"
        signed_in = True
        yield f"{KEYLESS} as {DEPLOYER} -- {each}"


def delete_assignment(*assignment_ids: str) -> str:
    """Return the command that deletes assignments."""
    return f"az role assignment delete --ids {' '.join(assignment_ids)}"


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "-".join(parts)))
