"""The apps, their revisions, and the replicas of the newest revision.

https://learn.microsoft.com/rest/api/resource-manager/containerapps
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.azd import revisions as revisions_of
from local.report import safe_text
from local.report.control_plane import ControlPlane, Json
from local.report.model import Revision
from local.report.safe_text import SafeText
from local.report.times import moment

VERSION = "2025-01-01"

_PLACEHOLDER = "mcr.microsoft.com/k8se/"
_SHOWN = 5  # revisions of an app
_SCALER = "azure-servicebus"


@dataclass(frozen=True)
class App:
    """One app on Azure. Its texts are Azure's and do not enter the report."""

    name: str
    known: SafeText
    principals: frozenset[str]
    scales: bool
    newest: str
    revisions: Sequence[Json]

    @property
    def made(self) -> datetime | None:
        """The time at which its newest revision was created."""
        found = self._newest
        return moment(_properties(found).get("createdTime")) if found else None

    @property
    def own_image(self) -> bool:
        """Return whether the newest revision runs a service, and not the placeholder."""
        found = self._newest
        return found is not None and _own_image(found)

    @property
    def _newest(self) -> Json | None:
        return next((each for each in self.revisions if each["name"] == self.newest), None)


def apps(azure: ControlPlane) -> list[App]:
    """Return the apps that the template names. Raises UnseenError."""
    path = f"{azure.group_id}/providers/Microsoft.App/containerApps"
    found = [each for each in azure.listed(path, VERSION) if safe_text.name(each["name"])]
    return [_app(azure, each) for each in sorted(found, key=lambda each: str(each["name"]))]


def first_replica(azure: ControlPlane, app: App) -> str:
    """Return the oldest replica of the newest revision; empty without one. Raises UnseenError."""
    path = f"{_id(azure, app.name)}/revisions/{app.newest}/replicas"
    found = sorted(azure.listed(path, VERSION), key=_created) if app.newest else []
    return str(found[0]["name"]) if found else ""


def revisions(found: Sequence[App]) -> tuple[Revision, ...]:
    """Return the latest revisions of each app, counted from 1."""
    return tuple(
        _revision(app, number, each)
        for app in found
        for number, each in list(enumerate(app.revisions, start=1))[-_SHOWN:]
    )


def _app(azure: ControlPlane, found: Json) -> App:
    given = _properties(found)
    rules = ((given.get("template") or {}).get("scale") or {}).get("rules") or ()
    path = f"{_id(azure, found['name'])}/revisions"
    return App(
        name=found["name"],
        known=safe_text.name(found["name"]),
        principals=frozenset(_principals(found)),
        scales=any((each.get("custom") or {}).get("type") == _SCALER for each in rules),
        newest=given.get("latestRevisionName") or "",
        revisions=sorted(azure.listed(path, VERSION), key=_created),
    )


def _revision(app: App, number: int, found: Json) -> Revision:
    given = revisions_of.Revision.from_json(found)
    replicas = _properties(found).get("replicas")
    return Revision(
        app=app.known,
        number=number,
        own_image=_own_image(found),
        active=given.active,
        provisioning=safe_text.state(given.provisioning),
        running=safe_text.state(given.running),
        health=safe_text.state(given.health),
        replicas=replicas if isinstance(replicas, int) else None,
        said=safe_text.message(f"{given.error} {given.details}"),
    )


def _own_image(revision: Json) -> bool:
    containers = (_properties(revision).get("template") or {}).get("containers") or ()
    return any(not str(each.get("image")).startswith(_PLACEHOLDER) for each in containers)


def _principals(app: Json) -> list[str]:
    """Return the object ids of the app's own identity: system-assigned, or named after the app."""
    identity = app.get("identity") or {}
    attached: Mapping[str, Any] = identity.get("userAssignedIdentities") or {}
    own = [
        each.get("principalId")
        for resource_id, each in attached.items()
        if resource_id.rpartition("/")[2].startswith(f"id-{app['name']}-")
    ]
    return [str(each).lower() for each in (identity.get("principalId"), *own) if each]


def _id(azure: ControlPlane, app: str) -> str:
    return f"{azure.group_id}/providers/Microsoft.App/containerApps/{app}"


def _created(found: Json) -> str:
    return str(_properties(found).get("createdTime"))


def _properties(found: Json) -> Json:
    return found.get("properties") or {}
