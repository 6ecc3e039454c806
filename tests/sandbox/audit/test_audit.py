"""The audit on disk: every record whole, in order, private, and there before the answer."""

import errno
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.audit import Audit, Outcome, Record, follow, parse, read

RECORD = Record(
    time="2030-01-01T00:00:00.000Z",
    service="vault",
    outcome=Outcome.DENIED,
    operation="SecretGet",
    identity="gateway",
    missing=("Key Vault Secrets User", "Key Vault Administrator"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.mark.parametrize("outcome", Outcome)
def test_a_record_is_read_as_it_was_written(path: Path, outcome: Outcome) -> None:
    record = replace(RECORD, outcome=outcome)
    audit = Audit(path)
    audit.write(record)
    assert list(read(path)) == [record]
    audit.close()


def test_a_record_is_one_line_of_json_without_empty_fields(path: Path) -> None:
    audit = Audit(path)
    audit.write(replace(RECORD, identity="two\nlines\r\u2028\u0085 and \udc80 more"))
    audit.close()
    [line] = path.read_bytes().splitlines(keepends=True)[:1]
    assert path.read_bytes() == line
    assert line.endswith(b"\n")
    assert "reason" not in json.loads(line)
    assert [each.identity for each in read(path)] == ["two\nlines\r\u2028\u0085 and \udc80 more"]


def test_the_file_is_private_and_is_added_to(path: Path) -> None:
    for _ in range(2):
        audit = Audit(path)
        audit.write(RECORD)
        audit.close()
    assert list(read(path)) == [RECORD, RECORD]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_record_is_on_file_when_writing_returns(path: Path) -> None:
    audit = Audit(path)
    for number in range(3):
        audit.write(RECORD)
        assert len(list(read(path))) == number + 1
    audit.close()


def test_many_writers_do_not_tear_each_others_lines(path: Path) -> None:
    audits = [Audit(path) for _ in range(4)]
    long = replace(RECORD, reason="x" * 3000)

    def write(audit: Audit) -> None:
        for _ in range(50):
            audit.write(long)

    threads = [threading.Thread(target=write, args=(each,)) for each in audits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in audits:
        each.close()
    assert list(read(path)) == [long] * 200


def test_there_is_nothing_to_read_before_the_first_record(path: Path) -> None:
    assert list(read(path)) == []
    assert list(follow(path, lambda: False)) == []


def test_following_yields_old_records_and_new_ones(path: Path) -> None:
    audit = Audit(path)
    audit.write(RECORD)
    rounds = iter([True, True, False])
    coming = follow(path, lambda: next(rounds), pause=0.001)
    assert next(coming) == RECORD
    more = replace(RECORD, operation="SecretSet")
    audit.write(more)
    audit.write(more)
    assert list(coming) == [more, more]
    audit.close()


def test_following_waits_for_a_line_to_be_whole(path: Path) -> None:
    audit = Audit(path)
    audit.write(RECORD)
    audit.close()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    rounds = iter([True, True, False])
    coming = follow(path, lambda: next(rounds), pause=0.001)
    assert next(coming) == RECORD
    path.write_bytes(whole + whole)
    assert list(coming) == [RECORD]


def test_a_line_that_was_cut_short_spoils_no_other(path: Path) -> None:
    audit = Audit(path)
    audit.write(RECORD)
    audit.close()
    with path.open("ab") as file:
        file.write(b'{"time": "2030')
    audit = Audit(path)
    audit.write(RECORD)
    audit.close()
    assert list(read(path)) == [RECORD, RECORD]
    assert list(follow(path, lambda: False)) == [RECORD, RECORD]


def test_a_full_disk_is_an_error_and_the_next_record_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = Audit(path)
    genuine = os.write
    monkeypatch.setattr(os, "write", lambda file, content: genuine(file, content[:10]))
    with pytest.raises(OSError, match="No space left") as full:
        audit.write(RECORD)
    assert full.value.errno == errno.ENOSPC
    monkeypatch.undo()
    audit.write(RECORD)
    audit.close()
    assert list(read(path)) == [RECORD]


def test_a_line_that_is_no_record_is_a_value_error() -> None:
    for line in ("", "{", "[]", "{}", '{"outcome": "perhaps"}', '{"odd": 1, "outcome": "denied"}'):
        with pytest.raises(ValueError, match=r"."):
            parse(line)
