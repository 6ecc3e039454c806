"""The scaler's activity, from the system events of an app."""

from collections.abc import Sequence
from datetime import datetime

from infra.azd.events import Event
from local.report.apps import App
from local.report.model import Scaler
from local.report.safe_text import NOTHING, SafeText
from local.report.times import between, moment

_TRIGGERS = (SafeText("azure-servicebus"), SafeText("cron"))


def scaler(app: App, events: Sequence[Event], photos: Sequence[datetime], now: datetime) -> Scaler:
    """Return the scaler's activity for the newest revision.

    The reasons are KEDA's: pkg/eventreason in kedacore/keda.
    """
    own = [each for each in events if each.revision == app.newest]
    woken = _first(own, "KEDAScaleTargetActivated")
    at = _at(woken)
    before = [each for each in photos if at and each <= at]
    return Scaler(
        app=app.known,
        started=between(app.made, _at(_first(own, "KEDAScalersStarted"))),
        failures=sum(each.reason == "KEDAScalerFailed" for each in own),
        woken=between(app.made, at),
        trigger=_trigger(woken),
        after_photo=between(max(before, default=None), at),
        watched=between(app.made, now),
    )


def _first(events: Sequence[Event], reason: str) -> Event | None:
    found = [each for each in events if each.reason == reason]
    return min(found, key=lambda each: str(_at(each)), default=None)


def _at(event: Event | None) -> datetime | None:
    return moment(event.at) if event else None


def _trigger(event: Event | None) -> SafeText:
    """Return the trigger that woke the app, if KEDA's version names it.

    Source: pkg/scaling/executor in kedacore/keda.
    """
    said = event.message if event else ""
    return next((each for each in _TRIGGERS if each in said), NOTHING)
