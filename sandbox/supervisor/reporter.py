"""Makes the report of a running sandbox, and passes it on whenever it has changed."""

import math
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from sandbox.edge import Address
from sandbox.entra import SignIn
from sandbox.servicebus import ServiceBus
from sandbox.state import State
from sandbox.supervisor.developer import Developer
from sandbox.supervisor.endpoints import Endpoints
from sandbox.supervisor.faults import reports
from sandbox.supervisor.planes import Planes
from sandbox.supervisor.processes import Child
from sandbox.supervisor.report import OnReport, Report, ServiceReport, SignInReport
from sandbox.supervisor.services import Readiness


@dataclass(frozen=True)
class Progress:
    """The progress of a start: the seconds that it took, and the digest of its snapshot."""

    snapshot: str
    endpoints_ready: float
    services_ready: float | None
    overdue: bool


class Reporter:
    """Writes each report that differs from the last one, and passes it on."""

    def __init__(self, state: State, on_report: OnReport) -> None:
        self._state = state
        self._on_report = on_report
        self._last: Report | None = None

    def tell(self, report: Report) -> None:
        """Write `report` and pass it on, if it has changed; on a full disk, at the next call."""
        if report == self._last:
            return
        with suppress(OSError):
            report.write(self._state)
            self._on_report(report)
            self._last = report


def report_of(
    endpoints: Endpoints,
    services: tuple[ServiceReport, ...],
    sign_in: SignInReport,
    progress: Progress,
) -> Report:
    """Return the report of `endpoints` as they are now."""
    planes, azurite = endpoints.planes, endpoints.azurite
    buses = planes.namespaces.values()
    return Report(
        pid=os.getpid(),
        gallery=endpoints.gallery,
        proxy=endpoints.proxy,
        amqp_port=endpoints.amqp_port,
        shell_proxy=endpoints.shell_proxy,
        ca=str(endpoints.environment.ca),
        messages=_by_path(planes, ServiceBus.messages),
        dead_letters=_by_path(planes, ServiceBus.dead_letters),
        entities=tuple(each for bus in buses for each in bus.entities.differences),
        azurite_restarts=azurite.restarts if azurite else 0,
        azurite_ended=_ended(azurite),
        services=services,
        sign_in=sign_in,
        endpoints_ready=round(progress.endpoints_ready, 2),
        services_ready=progress.services_ready and round(progress.services_ready, 2),
        clock=math.floor(planes.clock.origin),
        assumed=planes.assumed.otherwise,
        settings=planes.settings.now.otherwise,
        overdue=progress.overdue,
        snapshot=progress.snapshot,
        lost=endpoints.lost,
        control=endpoints.control.report,
        page=endpoints.page,
        moved=endpoints.moved,
        faults=reports(planes.faults),
    )


def service_report(
    name: str, at: Address, found: Readiness, child: Child | None, environment: Mapping[str, str]
) -> ServiceReport:
    """Return the report of a service; it has no `child` where none was started on this machine."""
    restarts = child.restarts if child else 0
    return ServiceReport(
        name=name,
        url=str(at),
        state="ready" if found.ready else "restarting" if restarts else "starting",
        restarts=restarts,
        environment=dict(environment),
        failing=found.failing,
        ended=_ended(child),
    )


def sign_in_report(sign_in: SignIn, developer: Developer | None) -> SignInReport:
    """Return where to sign in, and with which code if the services run as the `developer`."""
    return SignInReport(
        sign_in.page,
        sign_in.key,
        code=developer.code if developer else "",
        az=str(developer.az) if developer else "",
    )


def _ended(child: Child | None) -> str:
    """Return the reason of a program's last crash; empty if it never crashed."""
    if child is None or not child.restarts:
        return ""
    return f"{child.exit_reason or 'it ended without a message'} (see {child.program.log})"


def _by_path(planes: Planes, count: Callable[[ServiceBus], dict[str, int]]) -> dict[str, int]:
    """Return the counts of all namespaces; several have their names before their entities'."""
    if len(planes.namespaces) == 1:
        return count(next(iter(planes.namespaces.values())))
    return {
        f"{host.partition('.')[0]}/{path}": number
        for host, bus in planes.namespaces.items()
        for path, number in count(bus).items()
    }
