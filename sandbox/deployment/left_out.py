"""The parts of a snapshot that the sandbox does not serve, so that the start can name them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sandbox.deployment.apps import APPS, settings
from sandbox.deployment.data_services import UNKNOWN
from sandbox.deployment.expressions import Unresolved
from sandbox.deployment.resources import LeftOut
from sandbox.deployment.snapshot import (
    ACCOUNT,
    ASSIGNMENT,
    COMPONENT,
    CONTAINER,
    FEDERATED,
    IDENTITY,
    NAMESPACE,
    QUEUE,
    ROLE,
    RULE,
    SECRET,
    SITE_SETTINGS,
    SUBSCRIPTION,
    TOPIC,
    VAULT,
    Snapshot,
    known,
    properties_of,
)

_CHILDREN = (CONTAINER, SECRET, QUEUE, TOPIC, SUBSCRIPTION, RULE)
SERVED = (
    *(ACCOUNT, f"{ACCOUNT}/blobServices", VAULT, NAMESPACE, COMPONENT, *_CHILDREN),
    *(IDENTITY, FEDERATED, ASSIGNMENT, ROLE, *APPS, SITE_SETTINGS),
)
_ENTITY = (
    *("lockDuration", "maxDeliveryCount", "defaultMessageTimeToLive", "requiresDuplicateDetection"),
    *("duplicateDetectionHistoryTimeWindow", "deadLetteringOnMessageExpiration"),
    *("deadLetteringOnFilterEvaluationExceptions", "requiresSession", "status"),
    "maxMessageSizeInKilobytes",
)
# By type: the properties that the sandbox reads. Azure's default stands in for an unknown one.
_READ: Mapping[str, tuple[str, ...]] = {
    VAULT: ("softDeleteRetentionInDays", "enablePurgeProtection"),
    **dict.fromkeys((QUEUE, TOPIC, SUBSCRIPTION), _ENTITY),
}
# The first API version in which a vault without the setting is under Azure RBAC.
# https://learn.microsoft.com/azure/key-vault/general/access-control-default
_RBAC_BY_DEFAULT_SINCE = "2026-02-01"


def not_served(raw: Snapshot) -> Iterator[LeftOut]:
    """Yield the resources of types that no plane serves, and all that Bicep could not predict."""
    served = {each.lower() for each in SERVED}
    for each in raw.resources:
        if each["type"].lower() not in served:
            yield LeftOut(each["type"], str(each["name"]))
    for said in raw.diagnostics:
        yield LeftOut("Bicep", "a module", f"Bicep could not predict it: {said}")


def under_access_policies(vault: Mapping[str, Any]) -> bool:
    """Return whether a vault's access policies decide, and not its role assignments."""
    by_default = str(vault.get("apiVersion", "")) >= _RBAC_BY_DEFAULT_SINCE
    return known(properties_of(vault), "enableRbacAuthorization", by_default) is not True


def without_parent(snapshot: Snapshot, served: Collection[str]) -> Iterator[LeftOut]:
    """Yield the children of resources whose lower-case ids are not `served`."""
    for each in snapshot.of_type(*_CHILDREN):
        if not _is_below(each, served):
            name = each["name"].partition("/")[0]
            yield LeftOut(each["type"], each["name"], f"{name} is not served")


def unresolved(snapshot: Snapshot, served: Collection[str]) -> Iterator[LeftOut]:
    """Yield the settings that only Azure knows, of apps and below the ids that are `served`."""
    for kind, names in _READ.items():
        for each in snapshot.of_type(kind):
            unknown = [n for n in names if isinstance(properties_of(each).get(n), Unresolved)]
            for name in unknown if _is_below(each, served) else ():
                why = f"{name} is known only on Azure, so it has Azure's default"
                yield LeftOut(kind, each["name"], why)
    for each in snapshot.of_type(SECRET):
        value = properties_of(each).get("value")
        if isinstance(value, Unresolved) and _is_below(each, served):
            why = f"its value is known only on Azure; here it is the text '{UNKNOWN}'"
            yield LeftOut(SECRET, each["name"], why)
    for each in snapshot.of_type(*APPS):
        for name, value in settings(snapshot, each):
            if isinstance(value, Unresolved):
                yield LeftOut(each["type"], each["name"], f"{name} is not set: {value.reason}")


def _is_below(resource: Mapping[str, Any], served: Collection[str]) -> bool:
    """Return whether a resource has one of these lower-case ids, or is below one."""
    own = f"{resource['id'].lower()}/"
    return any(own.startswith(f"{each}/") for each in served)
