"""The index over a container in memory that keeps Azure's conditions."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from services.catalog import entries
from services.catalog.entries import Entry
from services.catalog.index import Index
from services.common.consumer import Permanent, Transient
from services.photo_events import PROCESSED, REJECTED, Event

ID = "6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"
WHEN = "2026-11-03T08:00:00Z"
DONE = Entry(ID, "processed", WHEN, width=640, height=320)
BAD = Entry(ID, "rejected", WHEN, reason="It is broken.")


class Crash(Exception):
    """The process ends here."""


class FakeContainer:
    """Blobs with ETags, conditions and listings; it may crash before any of its writes."""

    def __init__(self) -> None:
        self.blobs: dict[str, Any] = {}
        self.writes = 0
        self.crash_before = 0
        self.rival: Any = None
        self.lists = 0

    def get_blob_client(self, name: str) -> "FakeBlob":
        return FakeBlob(self, name)

    def list_blobs(
        self, *, name_starts_with: str, include: list[str], results_per_page: int
    ) -> "FakeContainer":
        assert include == ["metadata"]
        self.names = sorted(name for name in self.blobs if name.startswith(name_starts_with))
        self.size = results_per_page
        return self

    def by_page(self, continuation_token: str | None) -> "FakeContainer":
        self.names = [name for name in self.names if name >= (continuation_token or "")]
        self.continuation_token: str | None = None
        return self

    def __next__(self) -> Iterator[Any]:
        self.lists += 1
        self.continuation_token = self.names[self.size] if self.names[self.size :] else None
        return iter([self.blobs[name] for name in self.names[: self.size]])


class FakeBlob:
    """A blob of the container."""

    def __init__(self, container: FakeContainer, name: str) -> None:
        self.container, self.name = container, name

    def get_blob_properties(self) -> Any:
        if self.name not in self.container.blobs:
            error = ResourceNotFoundError("none")
            error.error_code = "BlobNotFound"  # type: ignore[attr-defined]
            raise error
        return self.container.blobs[self.name]

    def upload_blob(
        self,
        data: bytes,
        *,
        length: int,
        metadata: dict[str, str],
        overwrite: bool,
        etag: str | None = None,
        match_condition: MatchConditions | None = None,
    ) -> Any:
        container = self.container
        if container.rival:
            rival, container.rival = container.rival, None
            rival()
        container.writes += 1
        if container.writes == container.crash_before:
            raise Crash
        there = container.blobs.get(self.name)
        if (
            match_condition is MatchConditions.IfNotModified
            and getattr(there, "etag", None) != etag
        ):
            raise ResourceModifiedError("changed")
        if there and not overwrite:
            error = ResourceExistsError("there")
            error.error_code = "BlobAlreadyExists"  # type: ignore[attr-defined]
            raise error
        container.blobs[self.name] = SimpleNamespace(metadata=metadata, etag=f"{container.writes}")
        return {"last_modified": "now"}


@pytest.fixture
def container() -> FakeContainer:
    return FakeContainer()


@pytest.fixture
def index(container: Any) -> Index:
    return Index(container)


def listed(index: Index) -> list[Entry]:
    return list(index.page(None, 100)[0])


@pytest.mark.parametrize("told", [[DONE], [DONE, BAD], [BAD, DONE], [BAD, DONE, BAD, DONE]])
def test_events_in_any_order_end_in_one_processed_entry(index: Index, told: list[Entry]) -> None:
    for entry in told:
        index.record(entry)
    assert listed(index) == [DONE]
    assert index.photo(ID) == DONE


@pytest.mark.parametrize("crash_before", [1, 2, 3, 4])
@pytest.mark.parametrize("told", [[BAD, DONE], [DONE, BAD]])
def test_a_crash_anywhere_is_mended_by_the_same_event_again(
    index: Index, container: FakeContainer, told: list[Entry], crash_before: int
) -> None:
    container.crash_before = crash_before
    for entry in told:
        try:
            index.record(entry)
        except Crash:
            index.record(entry)
    assert listed(index) == [DONE]
    assert index.photo(ID) == DONE


@pytest.mark.parametrize(("mine", "theirs"), [(BAD, DONE), (DONE, BAD), (BAD, BAD)])
def test_two_that_write_the_same_photo_at_once_agree(
    index: Index, container: FakeContainer, mine: Entry, theirs: Entry
) -> None:
    container.rival = lambda: index.record(theirs)
    index.record(mine)
    expected = DONE if DONE in (mine, theirs) else BAD
    assert listed(index) == [expected]
    assert index.photo(ID) == expected


def test_a_photo_that_others_write_all_the_time_waits_for_later(
    index: Index, container: FakeContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Index, "_write", lambda self, entry, etag: False)
    with pytest.raises(Transient):
        index.record(DONE)


def test_a_page_is_one_request_newest_first_and_pages_join_without_gap_or_repetition(
    index: Index, container: FakeContainer
) -> None:
    photos = [
        Entry(f"6f1d7f5e-8c1b-4a53-9d53-{n:012x}", "rejected", f"2026-11-03T08:{n:02}:00Z", "No.")
        for n in range(25)
    ]
    for entry in reversed(photos[::2] + photos[1::2]):
        index.record(entry)
    seen: list[Entry] = []
    marker: str | None = None
    while True:
        page, marker = index.page(marker, 10)
        seen += page
        if marker is None:
            break
    assert seen == photos[::-1]
    assert container.lists == 3


def test_an_unknown_photo_is_none(index: Index) -> None:
    assert index.photo(ID) is None


def test_an_empty_index_is_an_empty_page(index: Index) -> None:
    assert index.page(None, 10) == ([], None)


def message(kind: str, data: dict[str, Any]) -> Any:
    return SimpleNamespace(body=[Event(kind, "urn:keyless:thumbnailer", ID, data).to_json()])


def test_an_event_is_recorded(index: Index, lines: Callable[[], list[dict[str, Any]]]) -> None:
    index.handle(message(PROCESSED, {"created": WHEN, "width": 640, "height": 320}))
    assert listed(index) == [DONE]
    assert [line["photo"] for line in lines()] == [DONE.id]


@pytest.mark.parametrize(
    "broken",
    [message(REJECTED, {}), SimpleNamespace(body=[json.dumps({}).encode()])],
    ids=["says too little", "no event"],
)
def test_a_message_that_is_no_event_is_permanent(index: Index, broken: Any) -> None:
    with pytest.raises(Permanent, match="UnknownEvent"):
        index.handle(broken)


def test_a_marker_that_storage_did_not_make_is_a_broken_cursor(
    container: FakeContainer, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = HttpResponseError("InvalidQueryParameterValue")
    refused.status_code = 400

    def refuse(_: FakeContainer) -> None:
        raise refused

    monkeypatch.setattr(FakeContainer, "__next__", refuse)
    with pytest.raises(entries.BrokenCursor):
        index.page("made up", 5)
    with pytest.raises(HttpResponseError):
        index.page(None, 5)
    refused.status_code = 503
    with pytest.raises(HttpResponseError):
        index.page("made up", 5)
