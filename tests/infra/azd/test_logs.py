"""Which right is missing, out of the log that a service writes of its own readiness."""

import io
import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from infra.azd.logs import Readiness, Right, readiness_in
from services.common import health
from services.common.health import Proof
from services.common.logs import JsonFormatter

READ = Right("read", "container originals")
RECEIVE = Right("receive", "queue photo-uploads")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """A service's standard output."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("services.common.health")
    logger.addHandler(handler)
    level, logger.level = logger.level, logging.INFO
    yield stream
    logger.removeHandler(handler)
    logger.level = level


def tries(log: io.StringIO, failures: dict[Right, int], enough: int = 5) -> Sequence[str]:
    """The log of a service whose rights fail so often before they are proved."""

    def proof(right: Right) -> Proof:
        left = [PermissionError("AuthorizationPermissionMismatch")] * failures[right]

        def prove() -> None:
            if left:
                raise left.pop()

        return Proof(right.operation, right.scope, prove)

    readiness = health.Readiness([proof(each) for each in failures], longest_pause=0.01)
    readiness.start()
    until = time.monotonic() + 30
    while "Ready" not in log.getvalue() and log.getvalue().count("\n") < enough:
        assert time.monotonic() < until, "the service did not try often enough"
        time.sleep(0.01)
    readiness.stop()
    for each in threading.enumerate():
        if each.name == "readiness":
            each.join()
    return log.getvalue().splitlines()


def test_each_right_that_is_not_proved_is_found_once(log: io.StringIO) -> None:
    lines = tries(log, {READ: 1_000, RECEIVE: 1_000})
    assert set(readiness_in(lines[:4]).missing) == {READ, RECEIVE}


def test_a_right_that_was_proved_meanwhile_is_missing_no_more(log: io.StringIO) -> None:
    lines = tries(log, {READ: 1, RECEIVE: 1_000})
    assert readiness_in(lines[:2]).missing == [READ, RECEIVE]
    assert readiness_in(lines[:3]).missing == [RECEIVE]


def test_a_service_that_is_ready_misses_nothing(log: io.StringIO) -> None:
    lines = tries(log, {READ: 3, RECEIVE: 2}, enough=100)
    assert readiness_in(lines[:-1]).missing != []
    assert not readiness_in(lines[:-1]).ready
    assert readiness_in(lines) == Readiness(ready=True, missing=[])


def test_a_restarted_service_starts_over(log: io.StringIO) -> None:
    lines = tries(log, {READ: 1}, enough=100)
    assert readiness_in(lines).ready
    assert readiness_in([*lines, lines[0]]) == Readiness(ready=False, missing=[READ])


def test_a_disabled_secret_is_distinguished_from_a_missing_right() -> None:
    def line(error: str) -> str:
        right = {"operation": "get", "scope": "secret webhook-signing-key"}
        return json.dumps({"message": f"Not proved yet: get on secret: {error}", **right})

    disabled = "(Forbidden) Operation get is not allowed on a disabled secret."
    assert readiness_in([line(disabled)]).missing[0].waits_for_a_key
    forbidden = "(Forbidden) Caller is not authorized to perform action on resource."
    assert not readiness_in([line(forbidden)]).missing[0].waits_for_a_key
    # The role takes effect while it waits: the newer line counts.
    ((newer,)) = readiness_in([line(forbidden), line(disabled)]).missing
    assert newer.waits_for_a_key


@pytest.mark.parametrize(
    "before", ["", "2026-11-24T20:00:00.123456Z ", "2026-11-24 20:00 stdout F "]
)
def test_a_time_before_the_line_does_no_harm(log: io.StringIO, before: str) -> None:
    lines = tries(log, {READ: 1_000})
    assert readiness_in([f"{before}{each}" for each in lines[:1]]).missing == [READ]


@pytest.mark.parametrize(
    "line", ["", "Connecting to the container...", "{", '{"message": 3}', "[1]"]
)
def test_a_foreign_line_is_ignored(line: str) -> None:
    assert readiness_in([line]) == Readiness(ready=False, missing=[])
