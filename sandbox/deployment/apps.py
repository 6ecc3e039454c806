"""Who there is, and the container apps with the identities attached to them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sandbox.deployment.principals import Ids
from sandbox.deployment.resources import (
    Attachment,
    ContainerApp,
    Ingress,
    Lifecycle,
    Principal,
    PrincipalKind,
)
from sandbox.deployment.runtime import has_system_identity, ingress_host
from sandbox.deployment.snapshot import APP, IDENTITY, Snapshot

_USER_OUTPUT = "_PRINCIPAL_ID"


def principals(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Iterator[Principal]:
    """Everyone who can be given a role."""
    identities = {each.name: each for each in _identities(snapshot, ids)}
    yield from identities.values()
    yield from _users(snapshot, identities)


def _identities(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Iterator[Principal]:
    for identity in snapshot.of_type(IDENTITY):
        made = ids[identity["id"].lower()]
        # id-gateway-sandbox is what Azure calls it; people call it gateway.
        name = identity["name"].removeprefix("id-").rsplit("-", 1)[0]
        kind = PrincipalKind.USER_ASSIGNED
        yield _principal(name, kind, identity["id"], made)
    for app in filter(has_system_identity, snapshot.of_type(APP)):
        made = ids[app["id"].lower()]
        kind = PrincipalKind.SYSTEM_ASSIGNED
        yield _principal(app["name"], kind, app["id"], made)


def _principal(name: str, kind: PrincipalKind, resource_id: str, made: Ids) -> Principal:
    return Principal(
        name, kind, made.principal_id, made.client_id, resource_id, former_ids=made.former
    )


def _users(snapshot: Snapshot, identities: Collection[str]) -> Iterator[Principal]:
    """Users come from outside the deployment, which names them in its outputs."""
    for output, value in snapshot.outputs.items():
        name = output.removesuffix(_USER_OUTPUT).lower()
        if output.endswith(_USER_OUTPUT) and value and name not in identities:
            yield Principal(name, PrincipalKind.USER, principal_id=value, client_id="")


def container_app(app: Mapping[str, Any], identities: Mapping[str, Principal]) -> ContainerApp:
    """One app, with `identities` found by resource id in lower case."""
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
    if has_system_identity(app):
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
