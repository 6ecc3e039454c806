"""The principals, and the container apps with the identities attached to them."""

import re
from collections import Counter, defaultdict
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
# learn.microsoft.com/azure/cloud-adoption-framework, its abbreviations: `id` is an identity.
_OF_AZURE = re.compile(r"^id-(.+)-[^-]+$")


def principals(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Iterator[Principal]:
    """Return every principal that can be given a role."""
    identities = tuple(_identities(snapshot, ids))
    yield from identities
    yield from _users(
        snapshot, {one for each in identities for one in (each.name, each.principal_id)}
    )


def _identities(snapshot: Snapshot, ids: Mapping[str, Ids]) -> Iterator[Principal]:
    names = _names(snapshot)
    for identity in snapshot.of_type(IDENTITY):
        made = ids[identity["id"].lower()]
        kind = PrincipalKind.USER_ASSIGNED
        yield _principal(names[identity["id"].lower()], kind, identity["id"], made)
    for app in filter(has_system_identity, snapshot.of_type(APP)):
        made = ids[app["id"].lower()]
        kind = PrincipalKind.SYSTEM_ASSIGNED
        yield _principal(app["name"], kind, app["id"], made)


def _names(snapshot: Snapshot) -> dict[str, str]:
    """Return the name of each user-assigned identity, by its lower-case id.

    The only identity of an app, attached to no other, has the app's name. Others lose prefix and
    suffix: id-platform-sandbox is called platform. An identity keeps its whole name if it has
    another form, or if the short name is taken.
    """
    of_app = dict(_own_identities(snapshot))
    others = {
        each["id"].lower(): str(each["name"])
        for each in snapshot.of_type(IDENTITY)
        if each["id"].lower() not in of_app
    }
    short = {key: _OF_AZURE.sub(r"\1", name) for key, name in others.items()}
    called = Counter([*short.values(), *(str(each["name"]) for each in snapshot.of_type(APP))])
    return of_app | {key: name if called[name] == 1 else others[key] for key, name in short.items()}


def _own_identities(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Return the identities that one app's code alone uses, with the app's name."""
    used_by = defaultdict[str, list[str]](list)
    for app in snapshot.of_type(APP):
        for key in _usable(app):
            used_by[key].append(str(app["name"]))
    for app in filter(lambda each: not has_system_identity(each), snapshot.of_type(APP)):
        own = [key for key in _usable(app) if used_by[key] == [app["name"]]]
        if len(own) == 1:
            yield own[0], str(app["name"])


def _usable(app: Mapping[str, Any]) -> list[str]:
    attached = (app.get("identity") or {}).get("userAssignedIdentities") or {}
    lifecycles = _lifecycles(app)
    return [
        each.lower()
        for each in attached
        if lifecycles.get(each.lower(), Lifecycle.ALL) is not Lifecycle.NONE
    ]


def _principal(name: str, kind: PrincipalKind, resource_id: str, made: Ids) -> Principal:
    return Principal(
        name, kind, made.principal_id, made.client_id, resource_id, former_ids=made.former
    )


def _users(snapshot: Snapshot, identities: Collection[str]) -> Iterator[Principal]:
    """Yield the users, whom the deployment names in its outputs.

    An output may also name one of the `identities`, by its name or its principal id.
    """
    for output, value in snapshot.outputs.items():
        name = output.removesuffix(_USER_OUTPUT).lower()
        if output.endswith(_USER_OUTPUT) and value and not {name, value} & set(identities):
            yield Principal(name, PrincipalKind.USER, principal_id=value, client_id="")


def container_app(app: Mapping[str, Any], identities: Mapping[str, Principal]) -> ContainerApp:
    """Return one app, with `identities` by lower-case resource id."""
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
    lifecycles = _lifecycles(app)
    for resource_id in app["identity"].get("userAssignedIdentities", {}):
        lifecycle = lifecycles.get(resource_id.lower(), Lifecycle.ALL)
        yield Attachment(identities[resource_id.lower()], lifecycle)
    if has_system_identity(app):
        yield Attachment(identities[app["id"].lower()], lifecycles.get("system", Lifecycle.ALL))


def _lifecycles(app: Mapping[str, Any]) -> dict[str, Lifecycle]:
    settings = app["properties"]["configuration"].get("identitySettings") or []
    return {each["identity"].lower(): Lifecycle(each["lifecycle"]) for each in settings}


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
