"""The faults in force: which of them a request meets, and until when."""

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.deployment import Deployment
from sandbox.durations import UNITS
from sandbox.faults.catalogue import Fault, FaultError
from sandbox.faults.effects import Answer, Effect

# In seconds.
USUAL = 30.0
LONGEST = 24 * 3600.0


@dataclass(frozen=True)
class Target:
    """The callers that a fault meets: by principal id, and at the identity endpoint by app."""

    name: str
    principals: frozenset[str]
    apps: frozenset[str]


@dataclass(frozen=True)
class ActiveFault:
    """A fault from `begins` until `ends` (seconds of the clock), for a target or for everyone.

    `incident` is the seed of the incident that it is part of; it hides the name from `status`.
    """

    number: int
    fault: Fault
    begins: float
    ends: float
    target: Target | None = None
    incident: str = ""

    @property
    def reason(self) -> str:
        """The reason in the audit for a request that met it."""
        effect = self.fault.effect
        shown = str(effect.refusal).strip() if isinstance(effect, Answer) else self.fault.does
        return f"a fault: {self.fault.name}: {shown}"


class Faults:
    """The faults that are in force or planned. Nothing here waits: the clock is asked each time."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._faults: tuple[ActiveFault, ...] = ()
        self._numbers = itertools.count(1)

    def begin(
        self,
        fault: Fault,
        lasts: float = USUAL,
        target: Target | None = None,
        *,
        after: float = 0.0,
        incident: str = "",
    ) -> ActiveFault:
        """Put a fault into force in `after` seconds, for `lasts` seconds.

        Raises FaultError for a target that the fault cannot be limited to, or for a duration that
        is not between zero and a day.
        """
        if target and not fault.for_one:
            raise FaultError(f"{fault.name} meets every caller alike: leave out --on")
        if not 0 < lasts <= LONGEST:
            raise FaultError(f"--for takes 1s to 24h, not {lasts:g}s")
        begins = self.clock() + after
        ends = begins + lasts if fault.lasting else begins
        active = ActiveFault(next(self._numbers), fault, begins, ends, target, incident)
        self._faults = (*self.planned(), active)
        return active

    def end(self, name: str = "") -> tuple[ActiveFault, ...]:
        """End all faults, or those called `name`, and return them."""
        ended = tuple(each for each in self.planned() if name in {"", each.fault.name})
        self._faults = tuple(each for each in self._faults if each not in ended)
        return ended

    def planned(self) -> tuple[ActiveFault, ...]:
        """Return the faults that are not over, those that have not begun included."""
        now = self.clock()
        return tuple(each for each in self._faults if now < each.ends)

    def active(self) -> tuple[ActiveFault, ...]:
        """Return the faults in force."""
        if not self._faults:
            return ()
        now = self.clock()
        return tuple(each for each in self._faults if each.begins <= now < each.ends)

    def find(
        self, plane: str, *effects: type[Effect], principal: str = "", app: str = ""
    ) -> ActiveFault | None:
        """Return the fault in force that a request of the caller meets: the latest of several."""
        for each in reversed(self.active()):
            is_one = each.fault.plane == plane and isinstance(each.fault.effect, effects)
            if is_one and meets(each.target, principal, app):
                return each
        return None

    def any_on(self, plane: str) -> bool:
        """Return whether `plane` has any fault in force."""
        return any(each.fault.plane == plane for each in self.active())

    def remaining(self, active: ActiveFault) -> float:
        """Return the seconds until a fault ends; none if it was ended before its time."""
        if active not in self._faults:
            return 0.0
        return max(active.ends - self.clock(), 0.0)


def target_of(deployment: Deployment, name: str) -> Target:
    """Return the service or the identity called `name`. Raises FaultError, with all known names.

    A service is met as each of its identities; an identity is met in each app that has it.
    """
    for app in deployment.apps:
        if app.name == name:
            ids = frozenset(each.principal_id for each in app.usable)
            return Target(name, ids, frozenset({name}))
    for principal in deployment.principals:
        if principal.name == name:
            having = (each for each in deployment.apps if principal in each.usable)
            apps = frozenset(each.name for each in having)
            return Target(name, frozenset({principal.principal_id}), apps)
    names = {app.name for app in deployment.apps} | {one.name for one in deployment.principals}
    known = ", ".join(sorted(names))
    raise FaultError(f"no service or identity is called {name!r}; choose from {known}")


def meets(target: Target | None, principal: str, app: str = "") -> bool:
    """Return whether a caller is met; every caller is without a target."""
    return target is None or principal in target.principals or app in target.apps


def seconds_of(text: str) -> float:
    """Return a duration such as `30`, `30s`, `2m` or `1h` in seconds. Raises FaultError."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in UNITS else (text, "s")
    try:
        seconds = float(number) * UNITS[unit]
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise FaultError(f"{text!r} is no duration: write 30s, 2m or 1h")
    return seconds
