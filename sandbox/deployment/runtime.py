"""Made-up runtime values, which only Azure knows: the properties that `reference(<id>)` returns."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.deployment.expressions import ExpressionError, guid
from sandbox.deployment.principals import Ids
from sandbox.deployment.resources import Component
from sandbox.deployment.snapshot import COMPONENT, IDENTITY, Snapshot, known, properties_of

# A label of a host name. A name with anything else in it is an expression, or no resource's name.
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def identity_ids(snapshot: Snapshot) -> list[str]:
    """Return the resources with an identity: managed identities, and resources with their own."""
    user_assigned = [each["id"] for each in snapshot.of_type(IDENTITY)]
    return user_assigned + [each["id"] for each in filter(has_system_identity, snapshot.resources)]


def has_system_identity(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource has a system-assigned identity."""
    return "systemassigned" in str(known(known(resource, "identity"), "type", "")).lower()


def is_label(name: Any) -> bool:
    """Return whether a name can be part of a host name."""
    return isinstance(name, str) and bool(_LABEL.fullmatch(name))


class References:
    """The runtime properties that `reference(<id>)` returns on Azure."""

    def __init__(self, snapshot: Snapshot, ids: Mapping[str, Ids]) -> None:
        self._resources = {each["id"].lower(): each for each in snapshot.resources}
        self._ids = ids
        self._components = {each.id.lower(): each for each in components(snapshot)}

    def __call__(self, resource_id: str, full: bool) -> Mapping[str, Any]:
        """Return the properties, or with `full` the resource around them.

        Raises ExpressionError for a resource that is not in the snapshot.
        """
        resource = self._resources.get(resource_id.lower())
        if resource is None:
            raise ExpressionError(f"{resource_id} is not in the snapshot")
        ids = self._ids.get(resource_id.lower())
        if full:
            return _whole(resource, ids)
        if component := self._components.get(resource_id.lower()):
            return _properties_of_component(component)
        return _runtime_properties(resource, ids)


def _whole(resource: Mapping[str, Any], ids: Ids | None) -> Mapping[str, Any]:
    return {
        **{name: resource[name] for name in ("location", "name", "id", "type") if name in resource},
        **({"identity": {"principalId": ids.principal_id}} if ids else {}),
    }


def _properties_of_component(component: Component) -> Mapping[str, Any]:
    return {
        "ConnectionString": component.connection_string,
        "InstrumentationKey": component.instrumentation_key,
    }


def _runtime_properties(resource: Mapping[str, Any], ids: Ids | None) -> Mapping[str, Any]:
    name = resource["name"]
    found: Mapping[str, Any]
    match resource["type"].lower():
        case "microsoft.managedidentity/userassignedidentities" if ids:
            found = {"principalId": ids.principal_id, "clientId": ids.client_id}
        case "microsoft.storage/storageaccounts":
            services = ("blob", "dfs", "file", "queue", "table")
            hosts = {each: f"https://{name}.{each}.core.windows.net/" for each in services}
            found = {"primaryEndpoints": hosts}
        case "microsoft.keyvault/vaults":
            found = {"vaultUri": f"https://{name}.vault.azure.net/"}
        case "microsoft.keyvault/vaults/secrets":
            vault, _, secret = str(name).partition("/")
            found = {"secretUri": f"https://{vault}.vault.azure.net/secrets/{secret}"}
        case "microsoft.servicebus/namespaces":
            found = {"serviceBusEndpoint": f"https://{name}.servicebus.windows.net:443/"}
        case "microsoft.containerregistry/registries":
            found = {"loginServer": f"{name}.azurecr.io"}
        case "microsoft.app/managedenvironments":
            found = {"defaultDomain": _domain(resource["id"], str(known(resource, "location")))}
        case "microsoft.app/containerapps":
            found = {"configuration": {"ingress": {"fqdn": ingress_host(resource)}}}
        case "microsoft.web/sites":
            found = {"defaultHostName": f"{name}.azurewebsites.net"}
        case _:
            found = {}
    return found


def components(snapshot: Snapshot) -> tuple[Component, ...]:
    """Return the Application Insights components, with the keys and hosts that Azure would choose.

    A component in an unknown location is left out: its host would have no name.
    """
    return tuple(_components(snapshot))


def _components(snapshot: Snapshot) -> Iterator[Component]:
    stamps = Counter[str]()
    for each in snapshot.of_type(COMPONENT):
        location = known(each, "location")
        if is_label(location):
            key = guid(each["id"].lower())
            yield Component(each["id"], each["name"], location, key, stamps[location])
            stamps[location] += 1


def ingress_of(app: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ingress that a container app declares; empty for none."""
    configuration = known(properties_of(app), "configuration", {})
    found: Mapping[str, Any] = known(configuration, "ingress", {})
    return found


def ingress_host(app: Mapping[str, Any]) -> str:
    """Return the host name that Container Apps would give an app, private ones with `internal.`.

    Empty where the snapshot does not tell the app's environment and location.
    """
    properties, location = properties_of(app), known(app, "location")
    environment = known(properties, "environmentId") or known(properties, "managedEnvironmentId")
    if not environment or not is_label(location) or not is_label(app["name"]):
        return ""
    internal = "" if known(ingress_of(app), "external", False) else "internal."
    return f"{app['name']}.{internal}{_domain(environment, location)}"


def _domain(environment_id: str, location: str) -> str:
    token = hashlib.sha256(environment_id.lower().encode()).hexdigest()[:8]
    return f"keyless-{token}.{location}.azurecontainerapps.io"
