"""The apps of a snapshot: their environments, and the identities attached to them.

Container apps, their jobs, and App Service's sites count as apps.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.deployment.expressions import Unresolved
from sandbox.deployment.resources import (
    Attachment,
    ContainerApp,
    Ingress,
    Lifecycle,
    Principal,
    PrincipalKind,
)
from sandbox.deployment.runtime import has_system_identity, ingress_host, ingress_of
from sandbox.deployment.snapshot import (
    APP,
    JOB,
    SITE,
    SITE_SETTINGS,
    Snapshot,
    about,
    known,
    leaf,
    properties_of,
)

APPS = (APP, JOB, SITE)
_SETTINGS = "appsettings"


def app(
    snapshot: Snapshot, resource: Mapping[str, Any], identities: Mapping[str, Principal], name: str
) -> ContainerApp:
    """Return one app under `name`, with `identities` by lower-case resource id."""
    with about(resource):
        return ContainerApp(
            id=resource["id"],
            name=name,
            environment={
                setting: value
                for setting, value in settings(snapshot, resource)
                if not isinstance(value, Unresolved)
            },
            attachments=tuple(_attachments(resource, identities)),
            ingress=_ingress(resource),
        )


def settings(
    snapshot: Snapshot, resource: Mapping[str, Any]
) -> Iterator[tuple[str, str | Unresolved]]:
    """Yield the names and values of an app's environment, of its first container."""
    if resource["type"].lower() == SITE.lower():
        yield from _settings_of_site(snapshot, resource)
        return
    template = known(properties_of(resource), "template", {})
    for container in (known(template, "containers") or [{}])[:1]:
        yield from _variables(container.get("env"))


def _settings_of_site(
    snapshot: Snapshot, site: Mapping[str, Any]
) -> Iterator[tuple[str, str | Unresolved]]:
    config = known(properties_of(site), "siteConfig", {})
    yield from _variables(config.get("appSettings"))
    for each in snapshot.children(site, SITE_SETTINGS):
        if leaf(each).lower() == _SETTINGS:
            yield from properties_of(each).items()


def _variables(written: Any) -> Iterator[tuple[str, str | Unresolved]]:
    """Yield the variables of a list; one entry for a list, or a part of it, that is not known."""
    for each in [written] if isinstance(written, Unresolved) else written or []:
        yield ("its environment", each) if isinstance(each, Unresolved) else _variable(each)


def _variable(written: Mapping[str, Any]) -> tuple[str, str | Unresolved]:
    if "secretRef" in written:
        reason = f"it is the secret {written['secretRef']} of the app"
        return written["name"], Unresolved(str(written["secretRef"]), reason)
    value = written.get("value")
    return written["name"], value if isinstance(value, Unresolved) else str(value or "")


def _attachments(
    resource: Mapping[str, Any], identities: Mapping[str, Principal]
) -> Iterator[Attachment]:
    found = lifecycles(resource)
    for key in attached(resource):
        # An identity of another deployment has no principal here.
        if key in identities:
            yield Attachment(identities[key], found.get(key, Lifecycle.ALL))
    if has_system_identity(resource) and resource["id"].lower() in identities:
        system = identities[resource["id"].lower()]
        yield Attachment(system, found.get("system", Lifecycle.ALL))


def attached(resource: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the lower-case ids of the user-assigned identities on a resource."""
    identities = known(known(resource, "identity"), "userAssignedIdentities", {})
    return tuple(each.lower() for each in identities)


def lifecycles(resource: Mapping[str, Any]) -> dict[str, Lifecycle]:
    """Return the lifecycles that an app sets, by lower-case id of the identity, or `system`.

    Raises SnapshotError for a lifecycle that does not exist.
    """
    with about(resource):
        configuration = known(properties_of(resource), "configuration", {})
        return {
            each["identity"].lower(): Lifecycle(known(each, "lifecycle", Lifecycle.ALL))
            for each in known(configuration, "identitySettings") or []
            if isinstance(each["identity"], str)
        }


def _ingress(resource: Mapping[str, Any]) -> Ingress | None:
    ingress = ingress_of(resource)
    host = ingress_host(resource)
    if not ingress or not host:
        return None
    allowed = [
        each["ipAddressRange"]
        for each in known(ingress, "ipSecurityRestrictions") or []
        if known(each, "action") == "Allow"
    ]
    return Ingress(host, bool(known(ingress, "external", False)), tuple(allowed))


def unattached(
    identities: Iterable[Principal], apps: Iterable[ContainerApp]
) -> Iterator[ContainerApp]:
    """Yield an environment for each managed identity that no app has.

    Its program runs where the deployment does not say: in a cluster, in a test.
    """
    attached = {each.identity.principal_id for app in apps for each in app.attachments}
    for each in identities:
        if each.kind is not PrincipalKind.USER and each.principal_id not in attached:
            by_client = each.kind is PrincipalKind.USER_ASSIGNED
            yield ContainerApp(
                id=each.resource_id,
                name=each.name,
                environment={"AZURE_CLIENT_ID": each.client_id} if by_client else {},
                attachments=(Attachment(each, Lifecycle.ALL),),
                ingress=None,
            )
