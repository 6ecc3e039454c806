"""The apps as the control plane tells of them: a worker has no ingress that could be asked.

Shapes: https://learn.microsoft.com/rest/api/resource-manager/containerapps
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.azd.logs import Right, rights_in
from infra.azd.programs import Stop, az, az_lines

_PLACEHOLDER = "mcr.microsoft.com/k8se/"


@dataclass(frozen=True)
class App:
    """One app, as it was deployed."""

    name: str
    image: str
    revision: str
    principal: str
    works_off: str = ""

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "App":
        """An item of `az containerapp list`."""
        given, template = found["properties"], found["properties"]["template"]
        rules = (template.get("scale") or {}).get("rules") or ()
        counts = [(each.get("custom") or {}).get("metadata") or {} for each in rules]
        return cls(
            name=found["name"],
            image=template["containers"][0]["image"],
            revision=given.get("latestRevisionName") or "",
            principal=_principal(found),
            works_off=next(filter(None, map(_backlog, counts)), ""),
        )

    @property
    def is_placeholder(self) -> bool:
        """Whether it runs what a deployment starts with, while there is no image."""
        return self.image.startswith(_PLACEHOLDER)


@dataclass(frozen=True)
class Seen:
    """What is seen of the app's newest revision."""

    app: App
    failure: str = ""
    ready: int = 0
    replicas: Sequence[str] = ()
    missing: Sequence[Right] = ()


def listed(group: str) -> Sequence[App]:
    """The apps that azd knows of in a group. Raises Stop."""
    found = az("containerapp", "list", "--resource-group", group)
    return [App.from_json(each) for each in found if "azd-service-name" in (each["tags"] or {})]


def look_at(app: App, group: str) -> Seen:
    """The state of an app's newest revision, its replicas, and what they say is missing."""
    here = ("--name", app.name, "--resource-group", group)
    revisions = az("containerapp", "revision", "list", *here)
    newest = next((each for each in revisions if each["name"] == app.revision), None)
    replicas = az("containerapp", "replica", "list", *here, "--revision", app.revision)
    names = [each["name"] for each in replicas]
    missing = {right for each in names for right in _unproved(here, app.revision, each)}
    ready = sum(all(each["ready"] for each in _containers(replica)) for replica in replicas)
    return Seen(app, _failure(newest), ready, names, sorted(missing))


def _unproved(here: Sequence[str], revision: str, replica: str) -> Sequence[Right]:
    which = ("--revision", revision, "--replica", replica, "--tail", "300", "--format", "text")
    try:
        return rights_in(az_lines("containerapp", "logs", "show", *here, *which))
    except Stop:  # the stream is for what runs; a replica that has just gone has none
        return ()


def _containers(replica: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from replica["properties"].get("containers") or ({"ready": False},)


def _failure(revision: Mapping[str, Any] | None) -> str:
    if revision is None:
        return "Azure lists no such revision"
    given = revision["properties"]
    if given.get("provisioningState") == "Failed" or given.get("provisioningError"):
        return str(given.get("provisioningError") or "its provisioning failed")
    return "" if given.get("runningState") != "Failed" else "it failed to run"


def _principal(found: Mapping[str, Any]) -> str:
    """The object id of the identity that the service's code acts as."""
    identity = found.get("identity") or {}
    if own := identity.get("principalId"):
        return str(own)
    attached: Mapping[str, Any] = identity.get("userAssignedIdentities") or {}
    mine = f"/id-{found['name']}-"
    return next((str(each["principalId"]) for name, each in attached.items() if mine in name), "")


def _backlog(metadata: Mapping[str, str]) -> str:
    if queue := metadata.get("queueName"):
        return f"queue {queue}"
    subscription = metadata.get("subscriptionName")
    return f"subscription {subscription}" if subscription else ""
