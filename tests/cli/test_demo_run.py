"""The demo's table of permissions, and its verdict."""

from dataclasses import replace

import pytest

from cli.demo_run import Arrival, crashes, permissions_used, shortfalls
from cli.photos import Upload
from sandbox.audit import Outcome, Record
from sandbox.supervisor import ServiceReport
from tests.bare_report import BARE_REPORT

READ = Record(
    time="2026-01-01T00:00:00.000Z",
    service="blob",
    outcome=Outcome.ALLOWED,
    operation="GetBlob",
    identity="thumbnailer",
    action="blobs/read",
    scope="/containers/originals",
    role="Reader",
    assignment="/a",
)
SEND = replace(READ, identity="gateway", action="send", assignment="/b")


def test_the_walk_shows_each_right_once_in_the_order_of_the_pipeline() -> None:
    assert permissions_used([READ, SEND, READ], {"/a", "/b"}) == [SEND, READ]


def test_the_walk_shows_the_role_of_today() -> None:
    today = replace(READ, role="Keeper", assignment="/c")
    assert permissions_used([READ, today], {"/c"}) == [today]


def test_the_walk_forgets_a_right_that_has_been_taken_away() -> None:
    assert permissions_used([READ], set()) == []


PHOTO = Upload("x.jpg", "image/jpeg", b"")
GOOD = [Arrival(PHOTO, str(number), "processed", "", (480, 320)) for number in range(3)]
BROKEN = Arrival(PHOTO, "broken", "rejected", "unreadable", None)
ALL = [*GOOD, BROKEN]
TOLD = {each.id: 1 for each in ALL}


def test_nothing_falls_short_if_all_is_well() -> None:
    assert shortfalls(ALL, TOLD, {"q": 0}) == []


@pytest.mark.parametrize(
    ("arrivals", "told", "dead", "says"),
    [
        ([replace(GOOD[0], thumbnail=None), *ALL[1:]], TOLD, {}, "2 of 3 thumbnails decode"),
        ([*GOOD, replace(BROKEN, reason="")], TOLD, {}, "0 of 1 photos were rejected"),
        (ALL, TOLD | {"0": 2}, {}, "had 2 webhooks, not one"),
        (ALL, TOLD, {"q": 1}, "1 dead letters in q"),
    ],
)
def test_what_is_not_as_it_must_be_is_said(
    arrivals: list[Arrival],
    told: dict[str, int],
    dead: dict[str, int],
    says: str,
) -> None:
    (found,) = shortfalls(arrivals, told, dead)
    assert says in found


def test_a_restart_is_told_with_the_reason() -> None:
    crashed = ServiceReport(
        "notifier", "", "ready", 1, {}, ended="it ran out of memory (see x.log)"
    )
    well = replace(crashed, name="gateway", restarts=0, ended="")
    report = replace(
        BARE_REPORT,
        azurite_restarts=2,
        services=(well, crashed),
        azurite_ended="killed",
    )
    assert crashes(report) == [
        "notifier was restarted once, since it ended: it ran out of memory (see x.log)",
        "azurite was restarted 2 times, since it ended: killed",
    ]
    assert crashes(replace(report, services=(well,), azurite_restarts=0)) == []
