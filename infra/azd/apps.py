"""The apps as the control plane shows them; workers have no ingress to ask.

Shapes: https://learn.microsoft.com/rest/api/resource-manager/containerapps
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.azd.events import Event, events_in, scaler_failure
from infra.azd.logs import Readiness, Right, readiness_in
from infra.azd.revisions import Revision
from infra.azd.tools import Stop, az, az_lines

_PLACEHOLDER = "mcr.microsoft.com/k8se/"
_TAIL = 300  # the maximum of `az containerapp logs show`


@dataclass(frozen=True)
class App:
    """One deployed app.

    `works_off` names the queue or subscription that wakes it; without `has_ingress` it cannot be
    called; if it `is_probed`, Azure checks its readiness.
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
        """Return whether it runs the placeholder of a first deployment."""
        return self.image.startswith(_PLACEHOLDER)

    @property
    def only_listens(self) -> bool:
        """Return whether only events wake it, so that only its log shows its state."""
        return self.works_off.startswith("subscription") and not self.has_ingress


@dataclass(frozen=True)
class Seen:
    """The state of an app's newest revision: its replicas, and the rights they wait for.

    `ready` counts the replicas that have proved their rights; `scaler` is the scaler's last
    failure, read only if there is no replica.
    """

    app: App
    revision: Revision | None = None
    ready: int = 0
    replicas: Sequence[str] = ()
    missing: Sequence[Right] = ()
    scaler: Event | None = None

    @property
    def failure(self) -> str:
        """Why the revision does not start; empty if no failure is known."""
        if self.revision is None:
            return "Azure lists no such revision"
        return self.revision.failure


def listed(group: str) -> Sequence[App]:
    """Return azd's apps in a group. Raises Stop."""
    found = az("containerapp", "list", "--resource-group", group)
    return [App.from_json(each) for each in found if "azd-service-name" in (each["tags"] or {})]


def look_at(app: App, group: str) -> Seen:
    """Return the state of an app's newest revision and its replicas. Raises Stop."""
    here = ("--name", app.name, "--resource-group", group)
    revisions = [Revision.from_json(each) for each in az("containerapp", "revision", "list", *here)]
    found = az("containerapp", "replica", "list", *here, "--revision", app.revision)
    logged = {each["name"]: _readiness(here, app.revision, each["name"]) for each in found}
    return Seen(
        app,
        next((each for each in revisions if each.name == app.revision), None),
        sum(_is_ready(app, each, logged[each["name"]]) for each in found),
        list(logged),
        sorted({right for each in logged.values() if each for right in each.missing}),
        scaler_failed(app, group) if app.works_off and not found else None,
    )


def scaler_failed(app: App, group: str) -> Event | None:
    """Return the newest failure of an app's scaler; None if there is none or it is unreadable."""
    here = ("--name", app.name, "--resource-group", group)
    try:
        lines = az_lines(
            "containerapp", "logs", "show", *here, "--type", "system", "--tail", str(_TAIL)
        )
    except Stop:
        return None
    return scaler_failure(events_in(lines))


def _readiness(here: Sequence[str], revision: str, replica: str) -> Readiness | None:
    """Return a replica's readiness from its log; None if it is unknown."""
    which = ("--revision", revision, "--replica", replica, "--tail", str(_TAIL), "--format", "text")
    try:
        lines = az_lines("containerapp", "logs", "show", *here, *which)
    except Stop:  # a replica that has just ended has no log stream
        return None
    found = readiness_in(lines)
    is_older = len(lines) >= _TAIL and not found.missing  # it became ready before these lines
    return None if is_older else found


def _is_ready(app: App, replica: Mapping[str, Any], logged: Readiness | None) -> bool:
    """Return whether a replica is ready; without a probe, its log says so."""
    runs = all(each["ready"] for each in _containers(replica))
    return runs and (app.is_probed or app.is_placeholder or logged is None or logged.ready)


def _containers(replica: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from replica["properties"].get("containers") or ({"ready": False},)


def _principal(found: Mapping[str, Any]) -> str:
    """Return the object id of the identity of the service's code."""
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
