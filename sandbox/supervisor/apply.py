"""Puts another deployment into force in a running sandbox, without a restart."""

import sqlite3
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from sandbox.commands import KEYLESS
from sandbox.deployment import (
    DEPLOYED,
    PRINCIPALS,
    SOURCE,
    Deployment,
    Difference,
    difference,
    forget,
    is_own,
    load,
    put_in_force,
    remember,
)
from sandbox.deployment import deploy as deploy_roles
from sandbox.rbac import DRIFT_FILE, Drift, built_in_roles
from sandbox.servicebus import StoreError
from sandbox.state import State
from sandbox.storage import AzuriteError
from sandbox.supervisor.control import ControlError, Json
from sandbox.supervisor.endpoints import Endpoints
from sandbox.supervisor.environment import HEADERS_FILE
from sandbox.supervisor.operator import Operator, SigningKeyError
from sandbox.supervisor.watch import Watch
from sandbox.supervisor.webhook_keys import webhook_keys

_CANDIDATE = "candidate.json"
_KEPT = (DEPLOYED, SOURCE, PRINCIPALS, DRIFT_FILE, HEADERS_FILE)
_FAILED = (
    *(AzuriteError, SigningKeyError, StoreError),
    *(OSError, sqlite3.Error, aiohttp.ClientError),
)
_OTHER_HOSTS = (
    "the deployment has other host names ({}), for which the running sandbox has no certificate;"
    f" to deploy it: {KEYLESS} down, then {KEYLESS} up --snapshot PATH"
)


@dataclass(frozen=True)
class Apply:
    """The verb `apply` of a running sandbox."""

    endpoints: Endpoints
    watch: Watch
    state: State

    async def __call__(self, body: Json) -> Json:
        """Put the snapshot in `body` into force; without one, the ids that the state has by now.

        As any deployment on Azure, a snapshot assigns its roles to the current ids of identities.
        `source` is the file of the next start, compiled from `bicep`. `hurry` also ends open links
        of Service Bus that the roles no longer allow. A snapshot that cannot be loaded changes
        nothing.

        Raises ValueError, KeyError or OSError.
        """
        begun = time.monotonic()
        before, drift = self.endpoints.planes.deployment, self.endpoints.planes.assignments.drift
        after, found = self._compared(body)
        if full := self.state.refuses():
            raise ControlError(f"nothing was changed: {full}")
        try:
            with self.state.all_or_nothing(*_KEPT):
                links = await self._deploy(after, hurry=body.get("hurry") is True)
                self._keep(body, before, after)
        except _FAILED as error:
            outcome = await self._taken_back(before, drift)
            raise ControlError(f"{outcome}, since the sandbox failed: {error}") from error
        restarted = self.watch.deploy(after, _with_other_app_roles(before, after))
        seconds = round(time.monotonic() - begun, 3)
        return {**asdict(found), "restarted": restarted, "links": links, "seconds": seconds}

    def compare(self, body: Json) -> Json:
        """Return the changes that the snapshot in `body` would make, and make none.

        Raises ValueError, KeyError or OSError.
        """
        _, found = self._compared(body)
        return asdict(found)

    def _compared(self, body: Json) -> tuple[Deployment, Difference]:
        """Return the deployment of a request, and its difference from the one in force."""
        before = self.endpoints.planes.deployment
        source = _text(body, "source")
        named = _text(body, "bicep") or source or "the given file"
        after = self._loaded(_text(body, "snapshot"), source, named)
        self._check(before, after)
        return after, difference(self._in_force(before), self._planned(after), built_in_roles())

    def _in_force(self, deployment: Deployment) -> Deployment:
        """Return a deployment without the assignments that were deleted by hand."""
        find = self.endpoints.planes.assignments.find
        left = tuple(each for each in deployment.assignments if find(each.id))
        return replace(deployment, assignments=left)

    def _planned(self, deployment: Deployment) -> Deployment:
        """Return a deployment without assignments that it would make for deleted identities."""
        find, former = self.endpoints.planes.assignments.find, deployment.former_ids
        assigned = deployment.assignments
        made = tuple(each for each in assigned if each.principal_id not in former or find(each.id))
        return replace(deployment, assignments=made)

    def _loaded(self, snapshot: str, source: str, named: str) -> Deployment:
        """Return the deployment of a snapshot, which the state keeps only for this moment.

        Raises ControlError, about the file that the user `named`.
        """
        if not snapshot:
            return load(self.state, self.state.path(DEPLOYED))
        own = is_own(self.state, Path(source)) if source else None
        candidate = self.state.write(_CANDIDATE, snapshot.encode())
        try:
            return load(self.state, candidate, is_own=own, roles_deployed=True)
        except ValueError as error:
            raise ControlError(str(error).replace(str(candidate), named)) from error
        finally:
            candidate.unlink(missing_ok=True)

    def _check(self, before: Deployment, after: Deployment) -> None:
        """Raise ControlError or RuleError for a deployment that cannot be put into force."""
        others = _hosts(before) ^ _hosts(after)
        others |= _partners(after) - {each.host for each in self.endpoints.planes.partners}
        if others:
            raise ControlError(_OTHER_HOSTS.format(", ".join(sorted(others))))
        self.endpoints.planes.check(after)

    async def _deploy(self, deployment: Deployment, *, hurry: bool) -> int:
        """Put `deployment` into force; return how many links that ended."""
        endpoints, planes = self.endpoints, self.endpoints.planes
        links = await planes.deploy(self.state, deployment, hurry=hurry)
        operator = Operator(
            self.state, deployment, endpoints.proxy, endpoints.environment.ca, planes.clock
        )
        await operator.hand_over_once(planes.vaults)
        return links

    def _keep(self, body: Json, before: Deployment, after: Deployment) -> None:
        """Keep what the request in `body` deployed for the next start. Raises OSError."""
        snapshot, source, bicep = (_text(body, each) for each in ("snapshot", "source", "bicep"))
        if snapshot:
            deploy_roles(self.state)
            put_in_force(self.state, snapshot.encode())
        self._forget(before, after)
        if source:
            remember(self.state, Path(source), Path(bicep) if bicep else None)

    async def _taken_back(self, before: Deployment, drift: Drift) -> str:
        """Put the former deployment into force again; return the outcome, as a clause.

        A deployment brings back the roles that were deleted by hand, so `drift` deletes them again.
        """
        try:
            await self._deploy(before, hurry=False)
            self.endpoints.planes.assignments.take_back(drift)
        except _FAILED:
            return f"the change was made in part; {KEYLESS} down and {KEYLESS} up take it back"
        return "nothing was changed"

    def _forget(self, before: Deployment, after: Deployment) -> None:
        """Forget the ids of identities that the deployment no longer has."""
        now = {each.resource_id.lower() for each in after.principals}
        gone = (each.resource_id for each in before.principals if each.resource_id)
        forget(self.state, (each for each in gone if each.lower() not in now))


def _hosts(deployment: Deployment) -> set[str]:
    data = {each.host for each in (*deployment.data_services, *deployment.components)}
    return data | {each.ingress.host for each in deployment.apps if each.ingress}


def _partners(deployment: Deployment) -> set[str]:
    """Return the hosts that webhooks go to."""
    addresses = (each for key in webhook_keys(deployment) for each in key.addresses)
    return {urlsplit(first).hostname or "" for first, *_ in addresses}


def _with_other_app_roles(before: Deployment, after: Deployment) -> set[str]:
    """Return the apps that have to get new tokens, since an identity's app roles changed."""
    then = before.registration.roles if before.registration else {}
    now = after.registration.roles if after.registration else {}
    changed = {each for each in (*then, *now) if then.get(each) != now.get(each)}
    return {
        app.name
        for app in after.apps
        if changed & {each.identity.principal_id for each in app.attachments}
    }


def _text(body: Json, name: str) -> str:
    """Return a text of a request's body, empty by default. Raises ControlError."""
    found = body.get(name, "")
    if not isinstance(found, str):
        raise ControlError(f"{name} must be a text")
    return found
