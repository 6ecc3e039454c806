"""What a deployment is refused: role assignments, a vault that was deleted, an image, a quota.

Role assignments: learn.microsoft.com/azure/role-based-access-control/troubleshooting.
Vault: Azure/azure-powershell#15115. Images: Azure/container-apps-deploy-action#85 and
microsoft/azure-container-apps#816. Environments: microsoft/azure-container-apps#1226.
"""

from local.doctor.texts.reading import Pasted, Reading
from local.granting import DEPLOY_AGAIN

_RESOURCE_MANAGER = "Azure Resource Manager"
_CONTAINER_APPS = "Container Apps"
_LIMIT = "A limit of the subscription is reached; nothing is wrong with the template."

_KNOWN: dict[str, tuple[str, ...]] = {
    r"RoleAssignmentExists|The role assignment already exists": (
        _RESOURCE_MANAGER,
        "The same role is assigned to the same principal on the same scope already, under another "
        "name: most often by hand, before the deployment.",
        "Delete the one made by hand, then deploy again. See which there are: "
        "az role assignment list --scope <scope>",
        "az role assignment delete --ids <id>",
    ),
    r"RoleAssignmentUpdateNotPermitted"
    r"|Tenant ID, application ID, principal ID, and scope are not allowed to be updated": (
        _RESOURCE_MANAGER,
        "An assignment of this name exists for another principal: the identity was deleted and "
        "made again, and the name does not depend on the principal.",
        "Make the name of scope, principal id and role (guid(...), as "
        "infra/bicep/modules/access.bicep does), or delete the old assignment.",
    ),
    r"RoleAssignmentLimitExceeded|No more role assignments can be created": (
        _RESOURCE_MANAGER,
        f"{_LIMIT} It is the number of role assignments.",
        "Delete those whose principal is no more; they show as Identity not found "
        "(docs/leftovers.md).",
    ),
    r"VaultAlreadyExists|The vault name '[^']*' is already in use"
    r"|vault with the same name already exists in deleted state|Exist soft deleted vault": (
        _RESOURCE_MANAGER,
        "A vault keeps its name for as long as it can be recovered, also after its group was "
        "deleted; or it is somebody else's, since names are global.",
        "See whether it is yours: az keyvault list-deleted",
        "Recover it: az keyvault recover --name <vault>",
        "Or give it up, where no purge protection is on: az keyvault purge --name <vault>",
        "If it is not yours, take another environment's name.",
    ),
    r"UNAUTHORIZED: authentication required|Persistent Image Pull Errors|ImagePullBackOff"
    r"|ErrImagePull|ImagePullUnauthorized": (
        _CONTAINER_APPS,
        "The image cannot be pulled: the platform's identity has no AcrPull on the registry, the "
        "role is seconds old, or the app does not name that identity for the registry.",
        "Deploy again, in case the role was late: "
        f"{DEPLOY_AGAIN}. Then look at registries in infra/bicep/modules/app.bicep, and at the "
        "assignment: ./keyless access platform --azure",
    ),
    r"MANIFEST_UNKNOWN|manifest tagged by \S+ is not found|NAME_UNKNOWN": (
        _CONTAINER_APPS,
        "There is no image of that name and tag in the registry.",
        "Build and push it: azd deploy",
    ),
    r"MaxNumberOf\w*EnvironmentsInSubExceeded"
    r"|cannot have more than \d+ (?:Container App E|e)nvironments": (
        _CONTAINER_APPS,
        f"{_LIMIT} It is the number of Container Apps environments.",
        "Delete one that nobody needs, choose another region, or ask for more: "
        "learn.microsoft.com/azure/container-apps/quotas",
    ),
    r"QuotaExceeded[^)]*quota|exceeding approved \S* ?\w* ?quota|SubscriptionIsOverQuota": (
        _RESOURCE_MANAGER,
        _LIMIT,
        "See Usage + quotas in the portal. Choose another region, or ask for more.",
    ),
}


def refused(text: Pasted) -> Reading | None:
    """What Azure Resource Manager, or the provider behind it, does not deploy."""
    for pattern, (source, means, *do) in _KNOWN.items():
        if text.match(pattern):
            return Reading(source, means, do=tuple(do))
    return None
