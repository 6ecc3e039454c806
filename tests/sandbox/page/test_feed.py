"""The feed reads the end of an audit, however long that is."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.audit import Audit, Outcome, Record
from sandbox.page.feed import LONGEST, MOST, Feed

DECISION = Record(
    time="2030-01-01T00:00:00.000Z",
    service="blob",
    outcome=Outcome.ALLOWED,
    operation="GetBlob",
    identity="gateway",
    scope="/subscriptions/a/containers/originals",
    role="Storage Blob Data Reader",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def write(path: Path, *records: Record) -> None:
    audit = Audit(path)
    for each in records:
        audit.write(each)
    audit.close()


def test_it_gives_each_new_record_once(path: Path) -> None:
    feed = Feed(path)
    assert feed.after() == []
    write(path, DECISION)
    (first,) = feed.after()
    write(path, replace(DECISION, identity="catalog"))
    (second,) = feed.after(first.number)
    assert (first.record, second.record.identity) == (DECISION, "catalog")
    assert feed.after(second.number) == []


def test_it_waits_for_the_rest_of_a_line(path: Path) -> None:
    feed = Feed(path)
    write(path, DECISION)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert len(feed.after()) == 1
    path.write_bytes(whole + whole)
    assert len(feed.after()) == 2


def test_a_reading_of_a_long_audit_takes_its_end_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, DECISION)
    line = path.read_bytes()
    path.write_bytes(line * 100_000)
    parsed = list[int]()

    def count(text: str) -> Record:
        parsed.append(len(text))
        return DECISION

    monkeypatch.setattr("sandbox.page.feed.parse", count)
    feed = Feed(path)
    assert len(feed.after()) == MOST
    assert sum(parsed) <= LONGEST
    parsed.clear()
    assert len(feed.after()) == MOST
    write(path, DECISION)
    assert feed.after()[-1].number == feed.last
    assert parsed == [len(line) - 1]


def test_a_new_file_of_the_same_name_is_read_from_its_begin(path: Path) -> None:
    feed = Feed(path)
    write(path, DECISION, DECISION)
    assert len(feed.after()) == 2
    path.unlink()
    write(path, replace(DECISION, identity="catalog"))
    assert feed.after()[-1].record.identity == "catalog"


def test_telemetry_under_one_token_counts_once(path: Path) -> None:
    item = replace(DECISION, service="telemetry", token_id="one")
    write(path, item, item, replace(item, token_id="two"), replace(item, outcome=Outcome.DENIED))
    assert [each.record.token_id for each in Feed(path).after()] == ["one", "two", "one"]


def test_a_line_that_is_no_record_is_left_out(path: Path) -> None:
    path.write_bytes(b'{"outcome": "odd"}\n[]\nnothing\n')
    write(path, DECISION)
    assert [each.record for each in Feed(path).after()] == [DECISION]
