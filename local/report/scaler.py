"""The scaler by the system events of an app.

Their form: https://learn.microsoft.com/azure/container-apps/log-streaming; the reasons:
pkg/eventreason/eventreason.go in kedacore/keda.
"""

from collections.abc import Sequence
from datetime import datetime

from local.report.apps import App
from local.report.control_plane import Json
from local.report.model import Scaler
from local.report.times import between, moment
from local.report.words import NOTHING, Known

_TRIGGERS = (Known("azure-servicebus"), Known("cron"))


def scaler(app: App, events: Sequence[Json], photos: Sequence[datetime], now: datetime) -> Scaler:
    """Return what the scaler did for the newest revision, as far as the events go back."""
    own = [each for each in events if each.get("RevisionName") == app.newest]
    woken = _first(own, "KEDAScaleTargetActivated")
    at = _at(woken)
    before = [each for each in photos if at and each <= at]
    failures = [each for each in own if each.get("Reason") == "KEDAScalerFailed"]
    return Scaler(
        app=app.known,
        started=between(app.made, _at(_first(own, "KEDAScalersStarted"))),
        failures=sum(_count(each) for each in failures),
        woken=between(app.made, at),
        trigger=_trigger(woken),
        after_photo=between(max(before, default=None), at),
        watched=between(app.made, now),
    )


def _first(events: Sequence[Json], reason: str) -> Json:
    found = [each for each in events if each.get("Reason") == reason]
    return min(found, key=lambda each: str(_at(each)), default={})


def _at(event: Json) -> datetime | None:
    return moment(event.get("TimeStamp"))


def _count(event: Json) -> int:
    found = event.get("Count")
    return found if isinstance(found, int) and found > 0 else 1


def _trigger(event: Json) -> Known:
    """Newer versions of KEDA say what woke it: pkg/scaling/executor in kedacore/keda."""
    said = str(event.get("Msg"))
    return next((each for each in _TRIGGERS if each in said), NOTHING)
