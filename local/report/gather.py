"""The parts of a report that the control plane shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from local.report import apps as apps_of
from local.report import roles, scaler
from local.report.apps import App
from local.report.control_plane import ControlPlane, UnseenError
from local.report.deployments import deployments
from local.report.model import Deployment, Part, Revision, RoleTime, Rule, Scaler, Unseen
from local.report.proofs import Log, read
from local.report.rules import rules

# Called with the name of each part before it is read.
OnPart = Callable[[str], None]


@dataclass(frozen=True)
class Gathered:
    """Everything the control plane shows."""

    deployments: Part[Deployment]
    revisions: Part[Revision]
    roles: Part[RoleTime]
    scalers: Part[Scaler]
    rules: Part[Rule]
    apps: Sequence[App] = field(default=(), repr=False)

    @property
    def may_have_workers(self) -> bool:
        """Return whether deployed services may receive messages; True if unknown."""
        return isinstance(self.revisions, Unseen) or any(each.own_image for each in self.apps)


def gather(azure: ControlPlane, environment: str, on_part: OnPart) -> Gathered:
    """Read everything that the control plane shows the user."""
    on_part("deployments")
    deployed = deployments(azure, environment)
    on_part("revisions")
    try:
        found = apps_of.apps(azure)
    except UnseenError as error:
        unseen = Unseen(error.why)
        on_part("rules")
        return Gathered(deployed, unseen, unseen, unseen, rules(azure))
    on_part("roles")
    logs = _logs(azure, found)
    worked = _roles(azure, found, logs)
    on_part("scaler")
    woken = _scalers(azure, found, logs)
    on_part("rules")
    return Gathered(deployed, apps_of.revisions(found), worked, woken, rules(azure), found)


def _logs(azure: ControlPlane, found: Sequence[App]) -> Mapping[str, Log]:
    """Return the log of each app that runs a service, where it is readable."""
    logs: dict[str, Log] = {}
    for each in (each for each in found if each.own_image):
        try:
            if replica := apps_of.first_replica(azure, each):
                logs[each.name] = read(azure.log(each.name, each.newest, replica))
        except UnseenError:
            continue
    return logs


def _roles(azure: ControlPlane, found: Sequence[App], logs: Mapping[str, Log]) -> Part[RoleTime]:
    try:
        return roles.role_times(found, logs, roles.granted(azure))
    except UnseenError as error:
        return Unseen(error.why)


def _scalers(azure: ControlPlane, found: Sequence[App], logs: Mapping[str, Log]) -> Part[Scaler]:
    photos = [at for log in logs.values() for at in log.photos]
    now = datetime.now(UTC)
    try:
        return tuple(
            scaler.scaler(each, azure.events(each.name), photos, now)
            for each in found
            if each.scales
        )
    except UnseenError as error:
        return Unseen(error.why)
