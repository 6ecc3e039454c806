"""Starts the services, watches their readiness, and reports changes."""

import asyncio
import logging
import math
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

import aiohttp

from sandbox.deployment import ContainerApp, Deployment, digest, in_force
from sandbox.edge import Address
from sandbox.handover import IDENTITY, SETTINGS, SURROUNDINGS
from sandbox.state import State
from sandbox.supervisor.developer import NAME, Developer
from sandbox.supervisor.endpoints import Endpoints
from sandbox.supervisor.options import chosen
from sandbox.supervisor.ports import is_taken
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program
from sandbox.supervisor.project import ServiceProgram
from sandbox.supervisor.remote_services import RemoteServices
from sandbox.supervisor.report import NOT_STARTED, PATIENCE, OnReport, ServiceReport
from sandbox.supervisor.reporter import (
    Progress,
    Reporter,
    report_of,
    service_report,
    sign_in_report,
)
from sandbox.supervisor.services import Readiness, readiness

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN = 0.1
_LOOK_AGAIN_ONCE_READY = 1.0


class Watch:
    """Starts the services, watches their readiness, and reports changes."""

    def __init__(
        self,
        endpoints: Endpoints,
        state: State,
        begun: float,
        on_report: OnReport,
        program: ServiceProgram,
        *,
        remote: RemoteServices | None = None,
        developer: Developer | None = None,
        only: Collection[str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """The services of `endpoints` are started here, by `program`, unless they are `remote`.

        They act as themselves, or all as the `developer`. `only` is as for `start`. After
        `patience` seconds without all ready, the report says that they are overdue.
        """
        self._endpoints = endpoints
        self._state = state
        self._begun = begun
        self._reporter = Reporter(state, on_report)
        self._run_service = program
        self._endpoints_ready = time.monotonic() - begun
        self._patience = patience
        self._snapshot = digest(in_force(state))
        self._services_begun = math.inf
        self._services_ready: float | None = None
        self._remote = remote
        self._developer = developer
        self._apps = endpoints.planes.deployment.apps
        self._only = only
        here = () if remote else endpoints.services
        self._children = {app.name: self._child(app) for app in here}
        self._readiness = {app.name: Readiness(False) for app in endpoints.services}
        self._restarting: dict[str, asyncio.Task[None]] = {}

    async def sign_in(self, approve: bool) -> None:
        """Sign the developer in, unless they already are. Raises SignInError."""
        sign_in, developer = self._endpoints.planes.sign_in, self._developer
        user = sign_in.user(NAME)
        if developer is None or user is None or await developer.is_signed_in(user.principal_id):
            return

        def on_code(code: str) -> None:
            if approve:
                sign_in.codes.approve(code, user)
            else:
                self.report()

        await developer.sign_in(on_code)

    async def start(self) -> None:
        """Start the services, or write the environments of the remote ones. Raises OSError."""
        self._services_begun = time.monotonic()
        self._endpoints.control.changed = self.report
        if self._remote is not None:
            for app in self._apps:
                self._hand_over(app, self._remote)
        await asyncio.gather(*(each.start() for each in self._children.values()))
        self.report()

    async def stop(self) -> None:
        """End the services that were started here."""
        for each in self._restarting.values():
            each.cancel()
        await asyncio.gather(*self._restarting.values(), return_exceptions=True)
        await asyncio.gather(*(each.stop() for each in self._children.values()))

    def deploy(self, deployment: Deployment, also: Collection[str] = ()) -> tuple[str, ...]:
        """Run the services of `deployment`; return those that restart: changed ones, and `also`.

        It does not wait for them. Remote services get their environments and are not restarted.
        A deployment that is not the project's own has none. Raises OSError.
        """
        apps = deployment.apps
        before, self._apps = {each.name: each for each in self._apps}, apps
        changed = {
            each.name for each in apps if each.name in also or _differs(before.get(each.name), each)
        }
        names = [each.name for each in chosen(deployment.services, self._only)]
        gone = [name for name in self._readiness if name not in names]
        begun = [name for name in names if name in changed or name not in self._readiness]
        for name in names:
            self._endpoints.addresses.setdefault(name, Address(self._endpoints.ports.take()))
        self._readiness = {
            name: Readiness(False) if name in begun else self._readiness[name] for name in names
        }
        self._snapshot = digest(in_force(self._state))
        if self._remote is not None:
            for app in (each for each in apps if each.name in changed):
                self._hand_over(app, self._remote)
        else:
            for name in (*begun, *gone):
                self._restart(name)
        self.report()
        return tuple(begun)

    def _restart(self, name: str) -> None:
        """Begin to end the service `name`, and to start it if the deployment still has it."""
        task = asyncio.create_task(self._replace(name, self._restarting.get(name)))
        self._restarting[name] = task
        task.add_done_callback(partial(self._restarted, name))

    async def _replace(self, name: str, previous: "asyncio.Task[None] | None") -> None:
        if previous is not None:
            await asyncio.wait((previous,))
        if child := self._children.get(name):
            await child.stop()
            del self._children[name]
        for app in self._apps:
            if app.name == name and name in self._readiness:
                self._children[name] = self._child(app)
                await self._children[name].start()

    def _restarted(self, name: str, task: "asyncio.Task[None]") -> None:
        if self._restarting.get(name) is task:
            del self._restarting[name]
        if not task.cancelled() and (error := task.exception()):
            _LOG.error("%s cannot be started: %s", name, error)

    async def look(self, session: aiohttp.ClientSession) -> float:
        """Check each service and report changes; return the seconds until the next check."""
        names = list(self._readiness)
        answers = await asyncio.gather(
            *(readiness(session, self._endpoints.addresses[name]) for name in names)
        )
        found = dict(zip(names, answers, strict=True))
        # Meanwhile, a deployment may have changed the services; the old one still answers.
        self._readiness |= {
            name: answer
            for name, answer in found.items()
            if name in self._readiness and name not in self._restarting
        }
        all_ready = all(each.ready for each in self._readiness.values())
        if all_ready and self._services_ready is None:
            self._services_ready = time.monotonic() - self._begun
        self.report()
        return _LOOK_AGAIN_ONCE_READY if all_ready else _LOOK_AGAIN

    def report(self) -> None:
        """Write the report and pass it on, if it has changed."""
        services = tuple(map(self._service, self._apps))
        sign_in = sign_in_report(self._endpoints.planes.sign_in, self._developer)
        self._reporter.tell(report_of(self._endpoints, services, sign_in, self._progress()))

    def _progress(self) -> Progress:
        return Progress(
            snapshot=self._snapshot,
            endpoints_ready=self._endpoints_ready,
            services_ready=self._services_ready,
            overdue=self._is_overdue(),
        )

    def _is_overdue(self) -> bool:
        waited = time.monotonic() - self._services_begun
        return self._services_ready is None and waited >= self._patience

    def _child(self, app: ContainerApp) -> Child:
        def at_free_port(before: Program) -> Program:
            """Return the same program, on another port if its port is taken."""
            addresses, ports = self._endpoints.addresses, self._endpoints.ports
            if is_taken(addresses[app.name].port):
                addresses[app.name] = Address(ports.replace(addresses[app.name].port))
                return self._program(app)
            return before

        return Child(self._program(app), at_free_port, self._endpoints.launch)

    def _program(self, app: ContainerApp) -> Program:
        port = self._endpoints.addresses[app.name].port
        return self._run_service(app.name, port, self._variables(app), self._state)

    def _service(self, app: ContainerApp) -> ServiceReport:
        found = self._readiness.get(app.name)
        if found is None:
            return ServiceReport(app.name, "", NOT_STARTED, 0, dict(self._variables(app)))
        at, child = self._endpoints.addresses[app.name], self._children.get(app.name)
        return service_report(app.name, at, found, child, self._variables(app))

    def _hand_over(self, app: ContainerApp, remote: RemoteServices) -> None:
        environment = self._endpoints.environment
        there = replace(environment, ca=remote.authority(app.name))
        header = self._endpoints.planes.headers[app.name]
        parts = {
            SETTINGS: app.environment,
            SURROUNDINGS: there.added(header),
            IDENTITY: there.by_name(header, remote.trust(app.name)),
        }
        remote.hand_over(app.name, environment.ca, parts)

    def _variables(self, app: ContainerApp) -> Mapping[str, str]:
        if self._developer is not None:
            path = self._developer.environment["PATH"]
            return {**self._endpoints.environment.as_developer(app, self._state), "PATH": path}
        header = self._endpoints.planes.headers[app.name]
        return self._endpoints.environment.variables(app, header)


def _differs(before: ContainerApp | None, after: ContainerApp) -> bool:
    """Return whether a deployment would make another revision of an app, or of its identities."""
    if before is None:
        return True
    return (before.environment, before.attachments) != (after.environment, after.attachments)
