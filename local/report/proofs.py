"""The log in which a service names the rights that it has not proved: services/common/health.py."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.report.control_plane import LONGEST_LOG
from local.report.times import moment

# services/gateway/photos.py
_PHOTO = "Photo received"


@dataclass(frozen=True)
class Refusal:
    """A right that was not proved, at a time."""

    operation: str
    scope: str
    at: datetime


@dataclass(frozen=True)
class Log:
    """What a replica said: refusals in their order, and when it was ready."""

    refusals: tuple[Refusal, ...]
    ready: datetime | None
    photos: tuple[datetime, ...]
    whole: bool

    def on(self, scope: str) -> tuple[Refusal, ...]:
        """The refusals of rights on `scope`, or below it."""
        return tuple(each for each in self.refusals if f"{each.scope}/".startswith(f"{scope}/"))

    def worked(self, scope: str) -> datetime | None:
        """When the rights on `scope` worked at the latest; None while they do not, or if unknown.

        A service tries all that is missing, one after the other, over and over. After the last
        refusal here, the next round is over once some other right is refused a second time.
        """
        last = max((each.at for each in self.on(scope)), default=None)
        if last is None:
            return self.ready
        seen: set[tuple[str, str]] = set()
        for each in (each for each in self.refusals if each.at > last):
            if (each.operation, each.scope) in seen:
                return each.at
            seen.add((each.operation, each.scope))
        return self.ready


def read(lines: Sequence[str]) -> Log:
    """Read the end of a log; it is `whole` if it may go back to the start."""
    records = [each for each in map(_record, lines) if each]
    refusals = [
        Refusal(str(each.get("operation")), str(each.get("scope")), at)
        for each in records
        if str(each.get("message")).startswith("Not proved yet") and (at := _time(each))
    ]
    ready = [at for each in records if each.get("message") == "Ready" and (at := _time(each))]
    photos = [at for each in records if each.get("message") == _PHOTO and (at := _time(each))]
    whole = len(lines) < LONGEST_LOG
    return Log(tuple(refusals), ready[0] if ready else None, tuple(photos), whole)


def _time(record: Mapping[str, Any]) -> datetime | None:
    return moment(record.get("time"))


def _record(line: str) -> Mapping[str, Any]:
    # The stream may put a time before what the service wrote.
    try:
        found = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
