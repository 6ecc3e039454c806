"""Reads the committed snapshot of the Bicep and becomes the deployment that it describes."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.deployment.data_services import namespace, storage_account, vault
from sandbox.deployment.expressions import ExpressionError, evaluate
from sandbox.deployment.principals import Ids, principal_ids
from sandbox.deployment.resources import (
    Attachment,
    ContainerApp,
    Deployment,
    Ingress,
    Lifecycle,
    Principal,
    PrincipalKind,
    RoleAssignment,
    RoleDefinition,
)
from sandbox.state import PROJECT, State

SNAPSHOT = PROJECT / "infra" / "bicep" / "sandbox.snapshot.json"

_APP = "Microsoft.App/containerApps"
_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_USER_OUTPUT = "_PRINCIPAL_ID"
_ASSIGNMENT_MARK = "/providers/Microsoft.Authorization/roleAssignments/"


class SnapshotError(ValueError):
    """A snapshot that is no deployment the sandbox could become."""


@dataclass(frozen=True)
class Snapshot:
    """The resources of a snapshot, as Bicep predicted them."""

    resources: tuple[Mapping[str, Any], ...]
    outputs: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path = SNAPSHOT) -> "Snapshot":
        """The snapshot at `path`. Raises SnapshotError if it is missing, broken or incomplete."""
        try:
            content = json.loads(path.read_text())
            resources, diagnostics = content["predictedResources"], content["diagnostics"]
            outputs = dict(content.get("outputs", {}))
            kinds = [(each["id"].lower(), each["type"].lower()) for each in resources]
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{path} is no Bicep snapshot: {error}") from error
        if not kinds:
            raise SnapshotError(f"{path} is no Bicep snapshot: there is no resource in it")
        if diagnostics:
            raise SnapshotError(f"{path} is incomplete; Bicep said: {diagnostics[0]}")
        return cls(tuple(resources), outputs)

    def of_type(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The resources of one type."""
        return (each for each in self.resources if each["type"].lower() == kind.lower())

    def only(self, kind: str) -> Mapping[str, Any]:
        """The one resource of its type. Raises SnapshotError if there is none, or more."""
        found = list(self.of_type(kind))
        if len(found) != 1:
            raise SnapshotError(f"the sandbox becomes one {kind}; the snapshot has {len(found)}")
        return found[0]


def load(state: State, path: Path = SNAPSHOT) -> Deployment:
    """The deployment that the snapshot at `path` describes, with its ids kept in `state`.

    Raises SnapshotError or ExpressionError, saying what in the snapshot is not understood.
    """
    raw = Snapshot.read(path)
    with _understood(path):
        identities = _identity_ids(raw)
    ids = principal_ids(state, identities)
    with _understood(path):
        resources = evaluate(list(raw.resources), _References(raw, ids))
        outputs = evaluate(dict(raw.outputs), _References(raw, ids))
        return _deployment(Snapshot(tuple(resources), outputs), ids)


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    """What a resource lacks, or says oddly, is the snapshot's fault and is told as such."""
    try:
        yield
    except (SnapshotError, ExpressionError):
        raise
    except LookupError as error:
        raise SnapshotError(f"the snapshot {path} lacks {error}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise SnapshotError(f"the snapshot {path} is not understood: {error}") from error


def _identity_ids(snapshot: Snapshot) -> list[str]:
    user_assigned = [each["id"] for each in snapshot.of_type(_IDENTITY)]
    return user_assigned + [each["id"] for each in snapshot.of_type(_APP) if _has_system(each)]


def _has_system(app: Mapping[str, Any]) -> bool:
    return "systemassigned" in app.get("identity", {}).get("type", "").lower()


class _References:
    """What `reference(<id>)` would give at run time: properties that only Azure makes up."""

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
    match resource["type"].lower():
        case "microsoft.managedidentity/userassignedidentities" if ids:
            return {"principalId": ids.principal_id, "clientId": ids.client_id}
        case "microsoft.storage/storageaccounts":
            return {"primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"}}
        case "microsoft.keyvault/vaults":
            return {"vaultUri": f"https://{name}.vault.azure.net/"}
        case "microsoft.containerregistry/registries":
            return {"loginServer": f"{name}.azurecr.io"}
        case "microsoft.app/containerapps":
            return {"configuration": {"ingress": {"fqdn": ingress_host(resource)}}}
        case _:
            return {}


def ingress_host(app: Mapping[str, Any]) -> str:
    """The host name that Container Apps would give an app: `internal.` marks what is not public."""
    properties = app["properties"]
    internal = "" if properties["configuration"]["ingress"]["external"] else "internal."
    token = hashlib.sha256(properties["environmentId"].lower().encode()).hexdigest()[:8]
    return f"{app['name']}.{internal}keyless-{token}.{app['location']}.azurecontainerapps.io"


def _deployment(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Deployment:
    vault_resource = snapshot.only("Microsoft.KeyVault/vaults")
    principals = tuple(_principals(snapshot, ids))
    by_id = {each.resource_id.lower(): each for each in principals if each.resource_id}
    return Deployment(
        subscription_id=vault_resource["id"].split("/")[2],
        tenant_id=vault_resource["properties"]["tenantId"],
        location=vault_resource["location"],
        storage=storage_account(snapshot),
        vault=vault(snapshot),
        bus=namespace(snapshot),
        apps=tuple(_app(each, by_id) for each in snapshot.of_type(_APP)),
        principals=principals,
        assignments=tuple(_assignments(snapshot)),
        custom_roles=tuple(_custom_roles(snapshot)),
    )


def _principals(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Iterator[Principal]:
    for identity in snapshot.of_type(_IDENTITY):
        made = ids[identity["id"].lower()]
        # id-gateway-sandbox is what Azure calls it; people call it gateway.
        name = identity["name"].removeprefix("id-").rsplit("-", 1)[0]
        kind = PrincipalKind.USER_ASSIGNED
        yield Principal(name, kind, made.principal_id, made.client_id, identity["id"])
    for app in filter(_has_system, snapshot.of_type(_APP)):
        made = ids[app["id"].lower()]
        kind = PrincipalKind.SYSTEM_ASSIGNED
        yield Principal(app["name"], kind, made.principal_id, made.client_id, app["id"])
    yield from _users(snapshot)


def _users(snapshot: Snapshot) -> Iterator[Principal]:
    """Users come from outside the deployment, which names them in its outputs."""
    for output, value in snapshot.outputs.items():
        if output.endswith(_USER_OUTPUT) and value:
            name = output.removesuffix(_USER_OUTPUT).lower()
            yield Principal(name, PrincipalKind.USER, principal_id=value, client_id="")


def _app(app: Mapping[str, Any], identities: Mapping[str, Principal]) -> ContainerApp:
    container = app["properties"]["template"]["containers"][0]
    return ContainerApp(
        id=app["id"],
        name=app["name"],
        environment={each["name"]: each["value"] for each in container.get("env", [])},
        attachments=tuple(_attachments(app, identities)),
        ingress=_ingress(app),
    )


def _attachments(
    app: Mapping[str, Any], identities: Mapping[str, Principal]
) -> Iterator[Attachment]:
    settings = app["properties"]["configuration"].get("identitySettings") or []
    lifecycles = {each["identity"].lower(): Lifecycle(each["lifecycle"]) for each in settings}
    for resource_id in app["identity"].get("userAssignedIdentities", {}):
        lifecycle = lifecycles.get(resource_id.lower(), Lifecycle.ALL)
        yield Attachment(identities[resource_id.lower()], lifecycle)
    if _has_system(app):
        yield Attachment(identities[app["id"].lower()], lifecycles.get("system", Lifecycle.ALL))


def _ingress(app: Mapping[str, Any]) -> Ingress | None:
    ingress = app["properties"]["configuration"].get("ingress")
    if not ingress:
        return None
    allowed = [
        each["ipAddressRange"]
        for each in ingress.get("ipSecurityRestrictions") or []
        if each["action"] == "Allow"
    ]
    return Ingress(ingress_host(app), bool(ingress["external"]), tuple(allowed))


def _assignments(snapshot: Snapshot) -> Iterator[RoleAssignment]:
    for each in snapshot.of_type("Microsoft.Authorization/roleAssignments"):
        scope = each["id"].rpartition(_ASSIGNMENT_MARK)[0]
        if not scope:
            raise SnapshotError(f"cannot tell the scope of the role assignment {each['id']}")
        properties = each["properties"]
        yield RoleAssignment(
            id=each["id"],
            scope=scope,
            principal_id=properties["principalId"],
            role_definition_id=properties["roleDefinitionId"],
            why=properties.get("description", ""),
        )


def _custom_roles(snapshot: Snapshot) -> Iterator[RoleDefinition]:
    for each in snapshot.of_type("Microsoft.Authorization/roleDefinitions"):
        properties = each["properties"]
        permission = properties["permissions"][0]
        yield RoleDefinition(
            id=each["id"],
            name=properties["roleName"],
            actions=tuple(permission.get("actions", ())),
            not_actions=tuple(permission.get("notActions", ())),
            data_actions=tuple(permission.get("dataActions", ())),
            not_data_actions=tuple(permission.get("notDataActions", ())),
        )
