"""The log in which a service names its unproved rights (services/common/health.py)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.azd.logs import Right
from local.report.control_plane import LONGEST_LOG
from local.report.times import moment

# services/gateway/photos.py
_PHOTO = "Photo received"


@dataclass(frozen=True)
class Attempt:
    """A failed attempt to prove a right, and its time."""

    right: Right
    at: datetime


@dataclass(frozen=True)
class Log:
    """A replica's log: the failed attempts in order, and when it became ready."""

    attempts: tuple[Attempt, ...]
    ready: datetime | None
    photos: tuple[datetime, ...]
    whole: bool

    def failures(self, scope: str) -> tuple[Attempt, ...]:
        """Return the failed attempts on `scope` or below, except those on a disabled secret.

        Key Vault says that a secret is disabled only to a caller with the right to it.
        """
        return tuple(each for each in self._on(scope) if not each.right.waits_for_a_key)

    def worked(self, scope: str) -> datetime | None:
        """Return when the rights on `scope` worked at the latest; None if they do not, or unknown.

        A service tries all missing rights in turn, over and over. After the last failure here, the
        next round is complete once some other right fails a second time.
        """
        last = max((each.at for each in self.failures(scope)), default=None)
        signs = [each.at for each in self._on(scope) if each.right.waits_for_a_key]
        signs += [self.ready] if self.ready else []
        if last is not None:
            signs += list(self._second_attempts_after(last))
        return min((each for each in signs if last is None or each > last), default=None)

    def _on(self, scope: str) -> Iterator[Attempt]:
        return (each for each in self.attempts if f"{each.right.scope}/".startswith(f"{scope}/"))

    def _second_attempts_after(self, last: datetime) -> Iterator[datetime]:
        seen: set[Right] = set()
        for each in self.attempts:
            if each.at > last and each.right in seen:
                yield each.at
            if each.at > last:
                seen.add(each.right)


def read(lines: Sequence[str]) -> Log:
    """Parse the end of a log; it is `whole` if it may reach back to the start."""
    records = [
        (found, at) for each in lines if (at := moment((found := _record(each)).get("time")))
    ]
    attempts = [
        Attempt(Right(str(each.get("operation")), str(each.get("scope")), message), at)
        for each, at in records
        if (message := str(each.get("message"))).startswith("Not proved yet")
    ]
    ready = [at for each, at in records if each.get("message") == "Ready"]
    photos = [at for each, at in records if each.get("message") == _PHOTO]
    whole = len(lines) < LONGEST_LOG
    return Log(tuple(attempts), ready[0] if ready else None, tuple(photos), whole)


def _record(line: str) -> Mapping[str, Any]:
    # The stream may put a time before the service's line.
    try:
        found = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
