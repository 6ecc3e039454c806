"""The audit without the requests of a lab's own checks."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.lab.checking import checking, without_checks
from sandbox.audit import Outcome, Record, now
from sandbox.state import State

DENIED = Record("", "blob", Outcome.DENIED, "DeleteBlob", "gateway", action="delete")


def at(time: str) -> Record:
    return replace(DENIED, time=time)


def test_a_denial_counts_before_and_after_a_check_and_not_within(tmp_path: Path) -> None:
    state, before, after = State(tmp_path), at("1970"), at("9999")
    assert list(without_checks(state, [before, after])) == [before, after]
    for _ in range(2):
        with checking(state):
            within = at(now())
        assert list(without_checks(state, [before, within, after])) == [before, after]


def test_a_check_that_fails_has_sent_its_requests_all_the_same(tmp_path: Path) -> None:
    state = State(tmp_path)
    sent = list[Record]()

    def fail() -> None:
        with checking(state):
            sent.append(at(now()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(without_checks(state, sent)) == []
