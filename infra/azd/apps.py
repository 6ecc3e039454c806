"""The apps as the control plane tells of them: a worker has no ingress that could be asked.

Shapes: https://learn.microsoft.com/rest/api/resource-manager/containerapps
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.azd.events import Event, events_in, scaler_failure
from infra.azd.logs import Readiness, Right, readiness_in
from infra.azd.programs import Stop, az, az_lines
from infra.azd.revisions import Revision

_PLACEHOLDER = "mcr.microsoft.com/k8se/"
_TAIL = 300  # the most that `az containerapp logs show` gives


@dataclass(frozen=True)
class App:
    """One app, as it was deployed.

    `works_off` names the queue or subscription that wakes it; without `has_ingress` nobody calls
    it; where it `is_probed`, Azure asks it whether it is ready.
    """

    name: str
    image: str
    revision: str
    principal: str
    works_off: str = ""
    has_ingress: bool = False
    is_probed: bool = False

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "App":
        """Read an item of `az containerapp list`."""
        given, template = found["properties"], found["properties"]["template"]
        rules = (template.get("scale") or {}).get("rules") or ()
        counts = [(each.get("custom") or {}).get("metadata") or {} for each in rules]
        container = template["containers"][0]
        return cls(
            name=found["name"],
            image=container["image"],
            revision=given.get("latestRevisionName") or "",
            principal=_principal(found),
            works_off=next(filter(None, map(_backlog, counts)), ""),
            has_ingress=bool((given.get("configuration") or {}).get("ingress")),
            is_probed=any(each["type"] == "Readiness" for each in container.get("probes") or ()),
        )

    @property
    def is_placeholder(self) -> bool:
        """Whether it runs what a deployment starts with, while there is no image."""
        return self.image.startswith(_PLACEHOLDER)

    @property
    def only_listens(self) -> bool:
        """Whether events alone wake it, so that nothing but its log shows how it is."""
        return self.works_off.startswith("subscription") and not self.has_ingress


@dataclass(frozen=True)
class Seen:
    """The newest revision of an app: its state, its replicas, and what they wait for.

    `ready` counts the replicas that have proved their rights; `scaler` is the last failure to count
    what waits, looked for where there is no replica.
    """

    app: App
    revision: Revision | None = None
    ready: int = 0
    replicas: Sequence[str] = ()
    missing: Sequence[Right] = ()
    scaler: Event | None = None

    @property
    def failure(self) -> str:
        """Why the revision does not come up; empty where nothing is known to be wrong."""
        if self.revision is None:
            return "Azure lists no such revision"
        return self.revision.failure


def listed(group: str) -> Sequence[App]:
    """Return the apps that azd knows of in a group. Raises Stop."""
    found = az("containerapp", "list", "--resource-group", group)
    return [App.from_json(each) for each in found if "azd-service-name" in (each["tags"] or {})]


def look_at(app: App, group: str) -> Seen:
    """Return the state of an app's newest revision, and what its replicas say. Raises Stop."""
    here = ("--name", app.name, "--resource-group", group)
    revisions = [Revision.from_json(each) for each in az("containerapp", "revision", "list", *here)]
    found = az("containerapp", "replica", "list", *here, "--revision", app.revision)
    told = {each["name"]: _told(here, app.revision, each["name"]) for each in found}
    return Seen(
        app,
        next((each for each in revisions if each.name == app.revision), None),
        sum(_is_ready(app, each, told[each["name"]]) for each in found),
        list(told),
        sorted({right for each in told.values() if each for right in each.missing}),
        scaler_failed(app, group) if app.works_off and not found else None,
    )


def scaler_failed(app: App, group: str) -> Event | None:
    """Return the newest event in which an app's scaler could not count, as far as can be read."""
    here = ("--name", app.name, "--resource-group", group)
    try:
        lines = az_lines(
            "containerapp", "logs", "show", *here, "--type", "system", "--tail", str(_TAIL)
        )
    except Stop:
        return None
    return scaler_failure(events_in(lines))


def _told(here: Sequence[str], revision: str, replica: str) -> Readiness | None:
    """Return what a replica's log says of its readiness; None where that cannot be known."""
    which = ("--revision", revision, "--replica", replica, "--tail", str(_TAIL), "--format", "text")
    try:
        lines = az_lines("containerapp", "logs", "show", *here, *which)
    except Stop:  # the stream is for what runs; a replica that has just gone has none
        return None
    told = readiness_in(lines)
    is_older = len(lines) >= _TAIL and not told.missing  # so it said long ago that it was ready
    return None if is_older else told


def _is_ready(app: App, replica: Mapping[str, Any], told: Readiness | None) -> bool:
    """Azure knows of a worker without a probe only that it runs; the rest is in its log."""
    runs = all(each["ready"] for each in _containers(replica))
    return runs and (app.is_probed or app.is_placeholder or told is None or told.ready)


def _containers(replica: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from replica["properties"].get("containers") or ({"ready": False},)


def _principal(found: Mapping[str, Any]) -> str:
    """Return the object id of the identity that the service's code acts as."""
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
