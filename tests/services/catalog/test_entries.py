"""The catalog's entries: events in any order, names in order, cursors that hold."""

import base64
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog import entries
from services.catalog.entries import BrokenCursor, Entry
from services.photo_events import PROCESSED, REJECTED, Event

ID = "6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"
WHEN = "2026-11-03T08:00:00Z"
DONE = Entry(ID, "processed", WHEN, width=640, height=320)
BAD = Entry(ID, "rejected", WHEN, reason="It is broken.")


def merged(*told: Entry) -> Entry | None:
    known = None
    for entry in told:
        known = entries.merge(known, entry)
    return known


def test_processed_beats_rejected_in_whatever_order_and_however_often_they_come() -> None:
    for order in permutations([DONE, BAD, BAD, DONE]):
        assert merged(*order) == DONE


def test_the_creation_time_that_was_known_first_stays() -> None:
    earlier = Entry(ID, "rejected", "2026-11-01T00:00:00Z", reason="Gone.")
    known = merged(earlier, DONE)
    assert known is not None
    assert (known.state, known.created) == ("processed", earlier.created)


def test_the_same_event_again_changes_nothing() -> None:
    assert merged(BAD, BAD) == BAD
    assert merged(DONE, DONE) == DONE


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 2),
        max_value=datetime(2200, 1, 1),
    ),
    st.integers(1, 10**8),
)
def test_names_sort_newest_first(when: Any, seconds: int) -> None:
    later = when + timedelta(seconds=seconds)
    old, new = (Entry(ID, "rejected", t.strftime(entries._TIME)) for t in (when, later))
    assert entries.newest_name(new) < entries.newest_name(old)


@given(st.text(max_size=100))
def test_an_entry_comes_out_of_metadata_as_it_went_in(reason: str) -> None:
    entry = Entry(ID, "rejected", WHEN, reason=reason.encode("utf-8", "ignore").decode())
    metadata = entries.to_metadata(entry)
    sent = {key: value.strip() for key, value in metadata.items()}  # as headers are
    assert all(value.isascii() and value.isprintable() for value in sent.values())
    assert entries.from_metadata(sent) == entry


def event(kind: str, **data: Any) -> Event:
    return Event(kind, "urn:keyless:thumbnailer", ID, data)


def test_events_become_entries() -> None:
    done = event(PROCESSED, created=WHEN, width=640, height=320)
    bad = event(REJECTED, created=WHEN, reason="It is broken.")
    assert [entries.from_event(done), entries.from_event(bad)] == [DONE, BAD]


@pytest.mark.parametrize(
    "told",
    [
        event(PROCESSED),
        event(PROCESSED, created=WHEN, width=640),
        event(PROCESSED, created=WHEN, width=640, height=0),
        event(PROCESSED, created=WHEN, width="640", height="320"),
        event(PROCESSED, created=WHEN, width=True, height=False),
        event(PROCESSED, created="yesterday", width=640, height=320),
        event(PROCESSED, created="9999-01-01T00:00:00Z", width=640, height=320),
        event(REJECTED, reason="No time."),
    ],
)
def test_an_event_that_says_too_little_is_refused(told: Event) -> None:
    with pytest.raises(ValueError, match=r"."):
        entries.from_event(told)


@given(st.text(min_size=1, max_size=200))
def test_a_cursor_gives_its_marker_back(text: str) -> None:
    marker = text.encode("utf-8", "ignore").decode() or "x"
    cursor = entries.to_cursor(marker)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert entries.from_cursor(cursor) == marker


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda b: base64.b64encode(b).decode()))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BrokenCursor):
        entries.from_cursor(text)


def test_a_cursor_that_was_cut_or_changed_is_refused() -> None:
    cursor = entries.to_cursor("2!88!MDAwMDI1")
    for broken in (cursor[:-1], cursor[1:], cursor[:8] + "AAAA" + cursor[12:], cursor + "A"):
        with pytest.raises(BrokenCursor):
            entries.from_cursor(broken)
