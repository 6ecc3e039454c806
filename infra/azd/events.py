"""Events of Container Apps, from an app's system log.

Form: https://learn.microsoft.com/azure/container-apps/log-streaming (`--type system`). Reasons that
begin with KEDA are the scaler's own: github.com/kedacore/keda, pkg/eventreason.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

_SCALER_FAILED = "KEDAScalerFailed"


@dataclass(frozen=True)
class Event:
    """One line of the system log."""

    at: str
    reason: str
    message: str
    revision: str = ""


def events_in(lines: Sequence[str]) -> Sequence[Event]:
    """Parse the lines of `az containerapp logs show --type system`; skip others."""
    return [event for each in lines if (event := _event(each))]


def scaler_failure(events: Sequence[Event]) -> Event | None:
    """Return the newest failure of the scaler to count messages."""
    return next((each for each in reversed(events) if each.reason == _SCALER_FAILED), None)


def _event(line: str) -> Event | None:
    try:
        found = json.loads(line)
        fields = (found.get(name) or "" for name in ("TimeStamp", "Reason", "Msg", "RevisionName"))
        return Event(*map(str, fields))
    except (ValueError, AttributeError):
        return None
