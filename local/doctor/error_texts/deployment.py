"""Errors of a deployment: role assignments, deleted vaults, images, quotas.

Role assignments: learn.microsoft.com/azure/role-based-access-control/troubleshooting.
Vault: Azure/azure-powershell#15115. Images: Azure/container-apps-deploy-action#85 and
microsoft/azure-container-apps#816. Environments: microsoft/azure-container-apps#1226.
"""

from local.az_commands import DEPLOY_AGAIN
from local.doctor.error_texts.explanation import Explanation, Pasted

_RESOURCE_MANAGER = "Azure Resource Manager"
_CONTAINER_APPS = "Container Apps"
_LIMIT = "A limit of the subscription is reached; the template is correct."

_KNOWN: dict[str, tuple[str, ...]] = {
    r"RoleAssignmentExists|The role assignment already exists": (
        _RESOURCE_MANAGER,
        "The same role is already assigned to the same principal on the same scope under another "
        "name: most often by hand, before the deployment.",
        "Delete the one made by hand, then deploy again. List them: "
        "az role assignment list --scope <scope>",
        "az role assignment delete --ids <id>",
    ),
    r"RoleAssignmentUpdateNotPermitted"
    r"|Tenant ID, application ID, principal ID, and scope are not allowed to be updated": (
        _RESOURCE_MANAGER,
        "An assignment of this name exists for another principal: the identity was recreated, and "
        "the name does not depend on the principal.",
        "Derive the name from scope, principal id and role (guid(...), as "
        "infra/bicep/modules/access.bicep does), or delete the old assignment.",
    ),
    r"RoleAssignmentLimitExceeded|No more role assignments can be created": (
        _RESOURCE_MANAGER,
        f"{_LIMIT} It is the number of role assignments.",
        "Delete assignments of deleted principals; they show as Identity not found "
        "(docs/leftovers.md).",
    ),
    r"VaultAlreadyExists|The vault name '[^']*' is already in use"
    r"|vault with the same name already exists in deleted state|Exist soft deleted vault": (
        _RESOURCE_MANAGER,
        "A deleted vault keeps its name while it can be recovered, even after its group is "
        "deleted; or another tenant owns it, since names are global.",
        "Check whether it is yours: az keyvault list-deleted",
        "Recover it: az keyvault recover --name <vault>",
        "Or purge it, unless purge protection is on: az keyvault purge --name <vault>",
        "If it is not yours, choose another environment name.",
    ),
    r"UNAUTHORIZED: authentication required|Persistent Image Pull Errors|ImagePullBackOff"
    r"|ErrImagePull|ImagePullUnauthorized": (
        _CONTAINER_APPS,
        "The image cannot be pulled: the platform's identity has no AcrPull on the registry, the "
        "role is seconds old, or the app does not name that identity for the registry.",
        "Deploy again, in case the role was late: "
        f"{DEPLOY_AGAIN}. Then check registries in infra/bicep/modules/app.bicep, and the "
        "assignment: ./keyless access platform --azure",
    ),
    r"MANIFEST_UNKNOWN|manifest tagged by \S+ is not found|NAME_UNKNOWN": (
        _CONTAINER_APPS,
        "The registry has no image of that name and tag.",
        "Build and push it: azd deploy",
    ),
    r"MaxNumberOf\w*EnvironmentsInSubExceeded"
    r"|cannot have more than \d+ (?:Container App E|e)nvironments": (
        _CONTAINER_APPS,
        f"{_LIMIT} It is the number of Container Apps environments.",
        "Delete an unused one, choose another region, or request an increase: "
        "learn.microsoft.com/azure/container-apps/quotas",
    ),
    r"QuotaExceeded[^)]*quota|exceeding approved \S* ?\w* ?quota|SubscriptionIsOverQuota": (
        _RESOURCE_MANAGER,
        _LIMIT,
        "See Usage + quotas in the portal. Choose another region, or request an increase.",
    ),
}


def refused(text: Pasted) -> Explanation | None:
    """Read a refusal by Azure Resource Manager or by a resource provider behind it."""
    for pattern, (source, means, *do) in _KNOWN.items():
        if text.match(pattern):
            return Explanation(source, means, do=tuple(do))
    return None
