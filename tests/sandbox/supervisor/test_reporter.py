"""The report of a running sandbox: told when it has changed, with the state of each service."""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.edge import Address
from sandbox.state import State
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program
from sandbox.supervisor.report import Report
from sandbox.supervisor.reporter import Reporter, service_report
from sandbox.supervisor.services import Readiness
from tests.bare_report import BARE_REPORT


def test_a_report_is_passed_on_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    seen: list[Report] = []
    reporter = Reporter(State.open(tmp_path), seen.append)
    later = replace(BARE_REPORT, messages={"uploads": 1})
    for each in (BARE_REPORT, replace(BARE_REPORT), later, later, BARE_REPORT):
        reporter.tell(each)
    assert seen == [BARE_REPORT, later, BARE_REPORT]


def test_a_report_that_a_full_disk_kept_from_being_written_is_told_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    seen: list[Report] = []
    reporter = Reporter(State.open(tmp_path), seen.append)
    with monkeypatch.context() as patch:
        patch.setattr(State, "write", full)
        reporter.tell(BARE_REPORT)
    assert seen == []
    reporter.tell(BARE_REPORT)
    assert seen == [BARE_REPORT]


@pytest.fixture
def child(tmp_path: Path) -> Child:
    return Child(Program("catalog", ["true"], {}, tmp_path, tmp_path / "catalog.log"))


@pytest.mark.parametrize(
    ("ready", "restarts", "state"),
    [(False, 0, "starting"), (False, 2, "restarting"), (True, 0, "ready"), (True, 2, "ready")],
)
def test_a_services_state_follows_its_readiness_and_its_crashes(
    child: Child, ready: bool, restarts: int, state: str
) -> None:
    child.restarts, child.exit_reason = restarts, "it fell" * bool(restarts)
    found = service_report("catalog", Address(80), Readiness(ready), child, {"A": "b"})
    assert (found.state, found.restarts, found.environment) == (state, restarts, {"A": "b"})
    assert found.ended == (f"it fell (see {child.program.log})" if restarts else "")
    assert found.keeps_ending == ("" if ready else found.ended)


def test_a_remote_service_has_no_crashes_of_its_own() -> None:
    found = service_report("catalog", Address(80), Readiness(False, ("send",)), None, {})
    assert (found.state, found.restarts, found.ended) == ("starting", 0, "")
    assert found.failing == ("send",)
