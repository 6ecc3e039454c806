"""Starts the services, looks after them, and reports what there is to see."""

import asyncio
import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import aiohttp

from sandbox.deployment import ContainerApp
from sandbox.state import State
from sandbox.storage import free_port
from sandbox.supervisor.processes import Child, Program
from sandbox.supervisor.report import Report, ServiceReport
from sandbox.supervisor.services import Readiness, is_taken, program, readiness
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
        self._services = {app.name: self._child(app) for app in endpoints.planes.deployment.apps}
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
            messages=endpoints.planes.bus.messages(),
            dead_letters=endpoints.planes.bus.dead_letters(),
            azurite_restarts=endpoints.azurite.restarts,
            services=tuple(map(self._service, endpoints.planes.deployment.apps)),
            endpoints_ready=round(self._endpoints_ready, 2),
            services_ready=self._services_ready and round(self._services_ready, 2),
            clock=math.floor(endpoints.planes.clock.origin),
        )
        if report == self._seen:
            return
        # A disk that is full ends nothing: it is tried again at the next look.
        with suppress(OSError):
            report.write(self._state)
            self._told(report)
            self._seen = report

    def _child(self, app: ContainerApp) -> Child:
        def at_free_port(before: Program) -> Program:
            """The same again, elsewhere if somebody else listens where it should."""
            if is_taken(self._endpoints.ports[app.name]):
                self._endpoints.ports[app.name] = free_port()
                return self._program(app)
            return before

        return Child(self._program(app), at_free_port)

    def _program(self, app: ContainerApp) -> Program:
        return program(app.name, self._endpoints.ports[app.name], self._variables(app), self._state)

    def _service(self, app: ContainerApp) -> ServiceReport:
        child, found = self._services[app.name], self._readiness[app.name]
        return ServiceReport(
            name=app.name,
            url=f"http://127.0.0.1:{self._endpoints.ports[app.name]}",
            state="ready" if found.ready else "restarting" if child.restarts else "starting",
            restarts=child.restarts,
            environment=dict(self._variables(app)),
            failing=found.failing,
            ended=_ended(child) if child.restarts and not found.ready else "",
        )

    def _variables(self, app: ContainerApp) -> Mapping[str, str]:
        header = self._endpoints.planes.headers[app.name]
        return self._endpoints.surroundings.variables(app, header)


def _ended(child: Child) -> str:
    return f"{child.last_words or 'it ended without a word'} (see {child.program.log})"


async def look_after(watch: Watch, stop: asyncio.Event) -> None:
    """Until told to stop; the services end before what they talk to."""
    try:
        await watch.start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while not stop.is_set():
                pause = await watch.look(session)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
    finally:
        await watch.stop()
