"""The scaler's first wake-up, by the system events in the form that Azure documents."""

from datetime import UTC, datetime
from typing import Any

from local.report.apps import App
from local.report.control_plane import ControlPlane
from local.report.safe_text import SafeText
from local.report.scaler import scaler
from tests.local.report import world
from tests.local.report.azure import AzureCli

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
THUMBNAILER = App(
    "thumbnailer",
    SafeText("thumbnailer"),
    frozenset(),
    True,
    "thumbnailer--0000002",
    [world.revision("thumbnailer", 2, "08:30")],
)
# The first line of every log stream; its time is in the other form.
BEGINNING = {
    "TimeStamp": "2026-11-20T08:59:59Z",
    "Type": "Normal",
    "ContainerAppName": None,
    "RevisionName": None,
    "ReplicaName": None,
    "Msg": "Successfully connected to events server",
    "Reason": "ConnectedToEventsServer",
    "EventSource": "ContainerAppController",
    "Count": 1,
}


def at(second: int) -> str:
    return f"08:{30 + second // 60:02}:{second % 60:02}"


def event(reason: str, second: int, text: str = "") -> Any:
    return world.event("thumbnailer", reason, at(second), text)


def test_the_first_wake_up_is_counted_from_the_revision_and_from_the_photo(
    az: AzureCli, azure: ControlPlane
) -> None:
    scaled = "Scaled apps/v1.Deployment k8se-apps/x from 0 to 1, triggered by azure-servicebus-x"
    events = [
        BEGINNING,
        event("KEDAScaleTargetActivated", 500, "later"),
        event("KEDAScaleTargetActivated", 400, scaled),
        event("KEDAScalersStarted", 4, "Scaler azure-servicebus is built."),
        event("KEDAScaleTargetDeactivated", 330),
    ]
    az.tell({}, events={"thumbnailer": events})
    photos = [datetime(2026, 11, 20, 8, 36, 15, tzinfo=UTC), NOW]
    found = scaler(THUMBNAILER, azure.events("thumbnailer"), photos, NOW)
    assert (found.started, found.woken, found.after_photo, found.watched) == (4, 400, 25, 1800)
    assert found.trigger == "azure-servicebus"
    assert found.failures == 0


def test_a_scaler_that_fails_is_counted_and_never_wakes(az: AzureCli, azure: ControlPlane) -> None:
    refused = "error getting scaler: 401 Manage,EntityRead claims required"
    failures = [event("KEDAScalerFailed", each, refused) for each in (30, 60)]
    az.tell({}, events={"thumbnailer": failures})
    found = scaler(THUMBNAILER, azure.events("thumbnailer"), [], NOW)
    assert (found.failures, found.woken, found.trigger) == (2, None, "")


def test_an_earlier_revision_s_events_are_not_the_newest_s(
    az: AzureCli, azure: ControlPlane
) -> None:
    old = event("KEDAScaleTargetActivated", 10) | {"RevisionName": "thumbnailer--0000001"}
    az.tell({}, events={"thumbnailer": [old]})
    assert scaler(THUMBNAILER, azure.events("thumbnailer"), [], NOW).woken is None
