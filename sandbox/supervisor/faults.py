"""The command `fault` in a running sandbox: it begins faults and ends them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.audit import AuditError
from sandbox.deployment import Deployment
from sandbox.edge import HttpListener
from sandbox.faults import (
    USUAL,
    ActiveFault,
    FaultError,
    Faults,
    Planned,
    fault,
    incident,
    target_of,
)
from sandbox.faults.bus import begin as begin_on_bus
from sandbox.faults.effects import Closed
from sandbox.supervisor.planes import Planes
from sandbox.supervisor.report import FaultReport

Json = Mapping[str, Any]


def reports(faults: Faults) -> tuple[FaultReport, ...]:
    """Return the faults in force, for the report; those of an incident without their names."""
    return tuple(_report(each) for each in faults.active())


@dataclass
class FaultControl:
    """The handler of the verb `fault`, with the timers of faults that begin or end at a time.

    `identity` is the listener of the identity endpoint.
    """

    planes: Planes
    identity: HttpListener
    _timers: dict[int, list[asyncio.TimerHandle]] = field(default_factory=dict)

    def handle(self, body: Json) -> Json:
        """Carry out a request of `fault`: begin one, end some, or begin an incident.

        It is `{"begin": NAME, "on": NAME, "seconds": N}`, `{"end": NAME}` (empty for all), or
        `{"seed": TEXT, "count": N}`, whose answer names no fault. Raises FaultError.
        """
        if "end" in body:
            return {"ended": _names(self._end(str(body["end"])))}
        if "seed" in body:
            planned = incident(str(body["seed"]), _count(body), self.planes.deployment)
            begun = [self._begin(each, str(body["seed"])) for each in planned]
            return {"incident": body["seed"], "ends": _time(max(each.ends for each in begun))}
        return _json(self._begin(_wanted(body, self.planes.deployment)))

    def stop(self) -> None:
        """Cancel the timers."""
        self._end("")

    def _begin(self, planned: Planned, seed: str = "") -> ActiveFault:
        active = self.planes.faults.begin(
            planned.fault, planned.lasts, planned.target, after=planned.after, incident=seed
        )
        if planned.after:
            self._later(planned.after, active, self._act)
        else:
            self._act(active)
        return active

    def _act(self, active: ActiveFault) -> None:
        """End connections and links, and close the port, as a fault begins."""
        if isinstance(active.fault.effect, Closed):
            self.identity.refuse()
            self._later(active.ends - active.begins, active, self._accept_again)
        try:
            for bus in self.planes.namespaces.values():
                begin_on_bus(bus, active, self.planes.gate)
        except AuditError as error:
            raise FaultError(f"the audit cannot be written: {error}") from error

    def _accept_again(self, ended: ActiveFault) -> None:
        """Open the port of the identity endpoint, unless another fault keeps it closed."""
        closing = (each for each in self.planes.faults.active() if each.number != ended.number)
        if not any(isinstance(each.fault.effect, Closed) for each in closing):
            self.identity.accept_again()

    def _later(self, seconds: float, active: ActiveFault, act: Any) -> None:
        timer = asyncio.get_running_loop().call_later(seconds, act, active)
        self._timers.setdefault(active.number, []).append(timer)

    def _end(self, name: str) -> tuple[ActiveFault, ...]:
        if name:
            fault(name)
        ended = self.planes.faults.end(name)
        for each in ended:
            for timer in self._timers.pop(each.number, ()):
                timer.cancel()
            self._accept_again(each)
        return ended


def _wanted(body: Json, deployment: Deployment) -> Planned:
    on, seconds = str(body.get("on") or ""), body.get("seconds", USUAL)
    if not isinstance(seconds, int | float):
        raise FaultError(f"a fault lasts a number of seconds, not {seconds!r}")
    target = target_of(deployment, on) if on else None
    return Planned(fault(str(body.get("begin", ""))), target, after=0, lasts=seconds)


def _count(body: Json) -> int:
    count = body.get("count")
    if not isinstance(count, int):
        raise FaultError(f"the count of an incident is a number, not {count!r}")
    return count


def _report(active: ActiveFault) -> FaultReport:
    on = active.target.name if active.target and not active.incident else ""
    return FaultReport(_name(active), on, _time(active.ends))


def _names(faults: Iterable[ActiveFault]) -> list[str]:
    return list(dict.fromkeys(map(_name, faults)))


def _name(active: ActiveFault) -> str:
    """Return the name of a fault; the incident alone of one that is to be found out."""
    return f"incident {active.incident}" if active.incident else active.fault.name


def _json(active: ActiveFault) -> Json:
    return {
        "fault": active.fault.name,
        "on": active.target.name if active.target else "",
        "begins": _time(active.begins),
        "ends": _time(active.ends),
    }


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
