"""Advice on the errors that a first deployment meets."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.report.safe_text import NOTHING, SafeText


@dataclass(frozen=True)
class Advice:
    """The remedy for an error with one of `codes` and, if given, one of `words` in its text."""

    codes: frozenset[str]
    words: tuple[str, ...]
    do: str


def _on(codes: str, do: str, *words: str) -> Advice:
    return Advice(frozenset(codes.split()), words, do)


# The first match wins. Sources: docs/report.md.
_ADVICE = (
    _on(
        "AuthorizationFailed LinkedAuthorizationFailed",
        "The deployer may not assign roles there: docs/who-may-deploy.md names the right.",
        "roleassignments/write",
    ),
    _on(
        "AuthorizationFailed LinkedAuthorizationFailed",
        "The deployer lacks this right: docs/who-may-deploy.md.",
    ),
    _on(
        "RoleAssignmentExists",
        "The same role was assigned under another name, by hand or by an earlier template. "
        "Delete that assignment (az role assignment delete), then azd provision.",
    ),
    _on(
        "RoleAssignmentUpdateNotPermitted",
        "An assignment of this name exists for a deleted identity. "
        "Delete it (az role assignment delete --ids), then azd provision.",
    ),
    _on(
        "RoleDefinitionWithSameNameExists",
        "The tenant has a custom role of this name already. Delete it (az role definition "
        "delete), or choose another environment name.",
    ),
    _on(
        "PrincipalNotFound InvalidPrincipalId",
        "The id belongs to no user or identity in this tenant, or to a new one. Check "
        "OPERATOR_PRINCIPAL_ID and DEVELOPER_PRINCIPAL_ID, then azd provision.",
    ),
    _on(
        "MaxNumberOfRegionalEnvironmentsInSubExceeded MaxNumberOfGlobalEnvironmentsInSubExceeded "
        "MaxNumberOfEnvsExceeded",
        "The subscription may have no further Container Apps environment. Delete one, choose "
        "another region (AZURE_LOCATION), or request a higher quota.",
    ),
    _on(
        "TasksOperationsNotAllowed",
        "The subscription may not build images in the registry (a trial, or one with credit): "
        "docs/deploy.md says how to build them elsewhere.",
    ),
    _on(
        "ContainerAppOperationError",
        "The app's identity may not pull from the registry, or not yet: check its AcrPull "
        "(./keyless access platform --azure), then azd provision.",
        "acr token exchange",
        "unauthorized",
        "authentication required",
    ),
    _on(
        "ContainerAppOperationError",
        "The revision did not become ready in time. See Revisions and Roles below for what it "
        "waits for; fix that, then azd provision.",
        "operation expired",
        "progress deadline exceeded",
    ),
    _on(
        "ContainerAppOperationError ContainerAppSecretInvalid ImageNotFound "
        "InvalidParameterValueInContainerTemplate",
        "The app was refused: az containerapp logs show --type system shows details.",
    ),
    _on(
        "VaultAlreadyExists Conflict ConflictError RequestConflict FlagMustBeSetForRestore",
        "A deleted vault still has this name. Purge it (az keyvault purge), or choose another "
        "environment name; then azd up.",
        "deleted state",
        "soft",
        "purge",
        "recover",
    ),
    _on(
        "VaultAlreadyExists StorageAccountAlreadyTaken StorageAccountAlreadyExists "
        "NameUnavailable NamespaceUnavailable",
        "The name is global and taken. Choose another environment name.",
    ),
    _on(
        "MissingSubscriptionRegistration SubscriptionNotRegistered NoRegisteredProviderFound",
        "This provider is not registered in the subscription: az provider register --namespace, "
        "then azd provision.",
    ),
    _on(
        "RequestDisallowedByPolicy RequestDisallowedByAzure",
        "A policy of the subscription forbids it. Ask its administrator.",
    ),
    _on(
        "LocationNotAvailableForResourceType RegionDoesNotAllowProvisioning SkuNotAvailable "
        "InvalidResourceLocation InvalidResourceGroupLocation",
        "It is not available in this region, or the group is in another: azd env set "
        "AZURE_LOCATION.",
    ),
    _on(
        "InsufficientQuota QuotaExceeded SubscriptionIsOverQuotaForSku",
        "A quota of the subscription is used up. Choose another region, or request more.",
    ),
    _on(
        "ReadOnlyDisabledSubscription",
        "The subscription is disabled: its credit or trial has ended.",
    ),
    _on(
        "Conflict ConflictError RequestConflict AnotherOperationInProgress DeploymentActive "
        "ContainerAppOperationInProgress MessagingGatewayTooManyRequests TooManyRequests",
        "Another operation was changing the same resource. Wait a little, then azd provision.",
    ),
)


def advise(codes: Sequence[str], said: str) -> SafeText:
    """Return the advice on an error, by its innermost known code; empty if there is none."""
    text = said.lower()
    for code in reversed(codes):
        for each in _ADVICE:
            if code in each.codes and (not each.words or any(one in text for one in each.words)):
                return SafeText(each.do)
    return NOTHING
