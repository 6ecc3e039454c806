"""Starts the services, looks after them, and reports what there is to see."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import aiohttp

from sandbox.deployment import ContainerApp
from sandbox.state import State
from sandbox.supervisor.processes import Child
from sandbox.supervisor.report import Report, ServiceReport
from sandbox.supervisor.services import Readiness, program, readiness
from sandbox.supervisor.start import Endpoints

_LOOK_AGAIN = 0.1
_LOOK_AGAIN_ONCE_READY = 1.0

Told = Callable[[Report], None]


class Watch:
    """Starts the services, looks after them, and reports what it sees."""

    def __init__(self, endpoints: Endpoints, state: State, begun: float, told: Told) -> None:
        self._endpoints = endpoints
        self._state = state
        self._begun = begun
        self._told = told
        self._endpoints_ready = time.monotonic() - begun
        self._services_ready: float | None = None
        self._seen: Report | None = None
        self._services = {
            app.name: Child(program(app.name, port, self._variables(app), state))
            for app in endpoints.planes.deployment.apps
            for port in (endpoints.ports[app.name],)
        }
        self._readiness = dict.fromkeys(self._services, Readiness(False))

    async def start(self) -> None:
        await asyncio.gather(*(each.start() for each in self._services.values()))

    async def stop(self) -> None:
        await asyncio.gather(*(each.stop() for each in self._services.values()))

    async def look(self, session: aiohttp.ClientSession) -> float:
        """Ask each service, report what has changed; gives the seconds until the next look."""
        names = list(self._services)
        answers = await asyncio.gather(
            *(readiness(session, self._endpoints.ports[name]) for name in names)
        )
        self._readiness = dict(zip(names, answers, strict=True))
        all_ready = all(each.ready for each in answers)
        if all_ready and self._services_ready is None:
            self._services_ready = time.monotonic() - self._begun
        self.report()
        return _LOOK_AGAIN_ONCE_READY if all_ready else _LOOK_AGAIN

    def report(self) -> None:
        """Write and tell what there is to see, if it is news."""
        endpoints = self._endpoints
        report = Report(
            pid=os.getpid(),
            gallery=endpoints.gallery,
            proxy=endpoints.surroundings.proxy,
            amqp_port=endpoints.amqp_port,
            ca=str(endpoints.surroundings.ca),
            dead_letters=endpoints.planes.bus.dead_letters(),
            azurite_restarts=endpoints.azurite.restarts,
            services=tuple(map(self._service, endpoints.planes.deployment.apps)),
            endpoints_ready=round(self._endpoints_ready, 2),
            services_ready=self._services_ready and round(self._services_ready, 2),
        )
        if report != self._seen:
            report.write(self._state)
            self._seen = report
            self._told(report)

    def _service(self, app: ContainerApp) -> ServiceReport:
        child, found = self._services[app.name], self._readiness[app.name]
        return ServiceReport(
            name=app.name,
            url=f"http://127.0.0.1:{self._endpoints.ports[app.name]}",
            state="ready" if found.ready else "restarting" if child.restarts else "starting",
            restarts=child.restarts,
            environment=dict(self._variables(app)),
            failing=found.failing,
        )

    def _variables(self, app: ContainerApp) -> Mapping[str, str]:
        header = self._endpoints.planes.headers[app.name]
        return self._endpoints.surroundings.variables(app, header)


async def look_after(watch: Watch, stop: asyncio.Event) -> None:
    """Until told to stop; the services end before what they talk to."""
    await watch.start()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while not stop.is_set():
                pause = await watch.look(session)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
    finally:
        await watch.stop()
