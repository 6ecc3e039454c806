"""The errors that a first deployment meets, and what to do about each."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.report.safe_text import NOTHING, SafeText


@dataclass(frozen=True)
class Advice:
    """What to do where one of `codes` comes, with one of `words` in its text if there are any."""

    codes: frozenset[str]
    words: tuple[str, ...]
    do: str


def _on(codes: str, do: str, *words: str) -> Advice:
    return Advice(frozenset(codes.split()), words, do)


# The first that fits is the one that is given. Sources: docs/report.md.
_ADVICE = (
    _on(
        "AuthorizationFailed LinkedAuthorizationFailed",
        "Whoever deploys may not assign roles there: docs/who-may-deploy.md names the right.",
        "roleassignments/write",
    ),
    _on(
        "AuthorizationFailed LinkedAuthorizationFailed",
        "Whoever deploys lacks this right: docs/who-may-deploy.md.",
    ),
    _on(
        "RoleAssignmentExists",
        "The same role was assigned under another name, by hand or by an earlier template. "
        "Delete that assignment (az role assignment delete), then azd provision.",
    ),
    _on(
        "RoleAssignmentUpdateNotPermitted",
        "An assignment of this name is there for an identity that is gone. "
        "Delete it (az role assignment delete --ids), then azd provision.",
    ),
    _on(
        "RoleDefinitionWithSameNameExists",
        "The tenant has a custom role of this name already. Delete it (az role definition "
        "delete), or take an environment of another name.",
    ),
    _on(
        "PrincipalNotFound InvalidPrincipalId",
        "The id is of no user or identity of this tenant, or of one that was just made. Check "
        "OPERATOR_PRINCIPAL_ID and DEVELOPER_PRINCIPAL_ID, then azd provision.",
    ),
    _on(
        "MaxNumberOfRegionalEnvironmentsInSubExceeded MaxNumberOfGlobalEnvironmentsInSubExceeded "
        "MaxNumberOfEnvsExceeded",
        "The subscription may have no further Container Apps environment. Delete one, take "
        "another region (AZURE_LOCATION), or ask for a higher quota.",
    ),
    _on(
        "TasksOperationsNotAllowed",
        "The subscription may not build images in the registry (a trial, or one with credit): "
        "docs/deploy.md says how to build them elsewhere.",
    ),
    _on(
        "ContainerAppOperationError",
        "The app's identity may not pull from the registry yet, or never: look for its AcrPull "
        "(./keyless access platform --azure), then azd provision.",
        "acr token exchange",
        "unauthorized",
        "authentication required",
    ),
    _on(
        "ContainerAppOperationError",
        "The revision did not come up in time. What it waits for is below, under Revisions and "
        "Roles; after mending it, azd provision.",
        "operation expired",
        "progress deadline exceeded",
    ),
    _on(
        "ContainerAppOperationError ContainerAppSecretInvalid ImageNotFound "
        "InvalidParameterValueInContainerTemplate",
        "The app was refused: az containerapp logs show --type system tells more.",
    ),
    _on(
        "VaultAlreadyExists Conflict ConflictError RequestConflict FlagMustBeSetForRestore",
        "A deleted vault still holds this name. Purge it (az keyvault purge), or take an "
        "environment of another name; then azd up.",
        "deleted state",
        "soft",
        "purge",
        "recover",
    ),
    _on(
        "VaultAlreadyExists StorageAccountAlreadyTaken StorageAccountAlreadyExists "
        "NameUnavailable NamespaceUnavailable",
        "The name is taken, and all of Azure shares it. Take an environment of another name.",
    ),
    _on(
        "MissingSubscriptionRegistration SubscriptionNotRegistered NoRegisteredProviderFound",
        "The subscription does not know this provider yet: az provider register --namespace, "
        "then azd provision.",
    ),
    _on(
        "RequestDisallowedByPolicy RequestDisallowedByAzure",
        "A policy of the subscription forbids it. Ask whoever keeps the policies.",
    ),
    _on(
        "LocationNotAvailableForResourceType RegionDoesNotAllowProvisioning SkuNotAvailable "
        "InvalidResourceLocation InvalidResourceGroupLocation",
        "Not in this region, or the group is in another: azd env set AZURE_LOCATION.",
    ),
    _on(
        "InsufficientQuota QuotaExceeded SubscriptionIsOverQuotaForSku",
        "A quota of the subscription is used up. Take another region, or ask for more.",
    ),
    _on(
        "ReadOnlyDisabledSubscription",
        "The subscription is disabled: its credit or its trial is over.",
    ),
    _on(
        "Conflict ConflictError RequestConflict AnotherOperationInProgress DeploymentActive "
        "ContainerAppOperationInProgress MessagingGatewayTooManyRequests TooManyRequests",
        "Something else was changing the same resource. Wait a little, then azd provision.",
    ),
)


def advise(codes: Sequence[str], said: str) -> SafeText:
    """Return what to do about an error, the innermost code first; nothing if nobody knows."""
    text = said.lower()
    for code in reversed(codes):
        for each in _ADVICE:
            if code in each.codes and (not each.words or any(one in text for one in each.words)):
                return SafeText(each.do)
    return NOTHING
