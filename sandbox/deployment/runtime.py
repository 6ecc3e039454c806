"""Made-up runtime values, which only Azure knows: the properties that `reference(<id>)` returns."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sandbox.deployment.expressions import guid
from sandbox.deployment.principals import Ids
from sandbox.deployment.resources import Component
from sandbox.deployment.snapshot import APP, IDENTITY, Snapshot, SnapshotError


def identity_ids(snapshot: Snapshot) -> list[str]:
    """Return the resources with an identity: managed identities, and apps with their own."""
    user_assigned = [each["id"] for each in snapshot.of_type(IDENTITY)]
    return user_assigned + [
        each["id"] for each in snapshot.of_type(APP) if has_system_identity(each)
    ]


def has_system_identity(app: Mapping[str, Any]) -> bool:
    """Return whether an app has a system-assigned identity."""
    return "systemassigned" in app.get("identity", {}).get("type", "").lower()


class References:
    """The runtime properties that `reference(<id>)` returns on Azure."""

    def __init__(self, snapshot: Snapshot, ids: Mapping[str, Ids]) -> None:
        self._resources = {each["id"].lower(): each for each in snapshot.resources}
        self._ids = ids

    def __call__(self, resource_id: str, full: bool) -> Mapping[str, Any]:
        resource = self._resources.get(resource_id.lower())
        if resource is None:
            raise SnapshotError(f"the snapshot refers to {resource_id}, which is not in it")
        ids = self._ids.get(resource_id.lower())
        if full:
            return {"identity": {"principalId": ids.principal_id}} if ids else {}
        return _runtime_properties(resource, ids)


def _runtime_properties(resource: Mapping[str, Any], ids: Ids | None) -> Mapping[str, Any]:
    name = resource["name"]
    found: Mapping[str, Any]
    match resource["type"].lower():
        case "microsoft.managedidentity/userassignedidentities" if ids:
            found = {"principalId": ids.principal_id, "clientId": ids.client_id}
        case "microsoft.storage/storageaccounts":
            found = {"primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"}}
        case "microsoft.keyvault/vaults":
            found = {"vaultUri": f"https://{name}.vault.azure.net/"}
        case "microsoft.containerregistry/registries":
            found = {"loginServer": f"{name}.azurecr.io"}
        case "microsoft.insights/components":
            found = {"ConnectionString": component(resource).connection_string}
        case "microsoft.app/managedenvironments":
            found = {"defaultDomain": _domain(resource["id"], resource["location"])}
        case "microsoft.app/containerapps":
            found = {"configuration": {"ingress": {"fqdn": ingress_host(resource)}}}
        case _:
            found = {}
    return found


def component(resource: Mapping[str, Any]) -> Component:
    """Return an Application Insights component, with the key and endpoint that Azure would choose.

    Raises SnapshotError if it accepts its key without a token.
    """
    if resource["properties"].get("DisableLocalAuth") is not True:
        raise SnapshotError(f"the component {resource['name']} must have DisableLocalAuth")
    return Component(
        id=resource["id"],
        name=resource["name"],
        location=resource["location"],
        instrumentation_key=guid(resource["id"].lower()),
    )


def ingress_host(app: Mapping[str, Any]) -> str:
    """Return the host name that Container Apps would give an app, private ones with `internal.`."""
    properties = app["properties"]
    internal = "" if properties["configuration"]["ingress"]["external"] else "internal."
    return f"{app['name']}.{internal}{_domain(properties['environmentId'], app['location'])}"


def _domain(environment_id: str, location: str) -> str:
    token = hashlib.sha256(environment_id.lower().encode()).hexdigest()[:8]
    return f"keyless-{token}.{location}.azurecontainerapps.io"
