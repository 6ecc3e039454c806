"""The time until each role worked, from the log of the service that needs it.

https://learn.microsoft.com/rest/api/authorization/role-assignments: createdOn.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from local.report import safe_text
from local.report.apps import App
from local.report.control_plane import ControlPlane, Json
from local.report.model import RoleTime
from local.report.proofs import Log
from local.report.safe_text import SafeText
from local.report.times import between, moment
from local.rights import Right, rights_of
from sandbox.deployment import as_compiled

_VERSION = "2022-04-01"

# The creation time by principal id and entity (containers/originals).
Granted = Mapping[tuple[str, str], datetime]


def granted(azure: ControlPlane) -> Granted:
    """Return when each assignment in the group was created. Raises UnseenError."""
    path = f"{azure.group_id}/providers/Microsoft.Authorization/roleAssignments"
    found: dict[tuple[str, str], datetime] = {}
    for each in azure.listed(path, _VERSION):
        given: Json = each.get("properties") or {}
        if at := moment(given.get("createdOn")):
            key = (str(given.get("principalId")).lower(), _entity(str(given.get("scope"))))
            found[key] = min(at, found.get(key, at))
    return found


def role_times(apps: Sequence[App], logs: Mapping[str, Log], when: Granted) -> tuple[RoleTime, ...]:
    """Return a RoleTime for each right on data of an app whose log is readable."""
    return tuple(
        _role_time(app, logs[app.name], right, _made(app, right, when))
        for app in apps
        if app.name in logs
        for right in _rights(app.name)
    )


def _role_time(app: App, log: Log, right: Right, made: datetime | None) -> RoleTime:
    scope = as_logged(right.scope)
    failures, worked = log.failures(scope), log.worked(scope)
    return RoleTime(
        app=app.known,
        role=safe_text.name(right.role.partition(" (")[0]),
        on=SafeText(right.target),  # of the compiled template
        failures=len(failures),
        last_failure=between(made, max((each.at for each in failures), default=None)),
        proved=worked is not None,
        worked=between(made, worked),
        whole=log.whole,
    )


def as_logged(scope: str) -> str:
    """Return an entity's name in a service's log: `container originals`."""
    *_, parent, kind, name = scope.split("/")
    if kind == "subscriptions":
        return f"{parent}/subscriptions/{name}"
    return f"{kind.removesuffix('s')} {name}"


def _rights(app: str) -> Iterator[Right]:
    deployment = as_compiled()
    yield from rights_of(deployment, None, app)


def _made(app: App, right: Right, when: Granted) -> datetime | None:
    found = (when.get((each, _entity(right.scope))) for each in app.principals)
    return min((each for each in found if each), default=None)


def _entity(scope: str) -> str:
    return "/".join(scope.lower().split("/")[-2:])
