"""A lab with everything that a lab can have: services, settings, faults, files and a check."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from joserfc import jws

from cli.lab import check, command
from cli.lab.course import Lab, read_course
from sandbox.deployment import load
from sandbox.supervisor import Report, running
from tests.labs.learner import Learner

EXAMPLE = read_course(Path(__file__).parent / "example")[20]


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Learner]:
    def course() -> dict[int, Lab]:
        return {EXAMPLE.number: EXAMPLE}

    monkeypatch.setattr(command, "read_course", course)
    one = Learner(tmp_path, EXAMPLE)
    try:
        yield one
    finally:
        one.types("quit")


def report_of(learner: Learner) -> Report:
    report = running(learner.state)
    assert report is not None
    return report


def eventually(happens: Callable[[], bool]) -> None:
    """Wait for a service: the start of a lab does not, where it takes more than seconds."""
    while not happens():
        time.sleep(0.1)


@pytest.mark.timeout(600)
def test_a_lab_has_its_services_settings_faults_and_files(learner: Learner) -> None:
    started = learner.types("20", "--predict", "yes")
    assert started.exit_code == 0, started.output
    assert f"Your files are in {learner.folder.work}." in started.output

    eventually(lambda: report_of(learner).service("thumbnailer").state == "ready")
    report = report_of(learner)
    states = {each.name: each.state for each in report.services}
    assert states.pop("thumbnailer") == "ready"
    assert set(states.values()) == {"not started"}
    assert report.service("thumbnailer").environment["MALLOC_ARENA_MAX"] == "1"
    assert report.settings == {"token-lifetime": "10m", "endpoint-cache": "off"}
    assert [(each.name, each.on) for each in report.faults] == [("vault-429", "gateway")]

    notifier = load(learner.state).principal("notifier")
    token = (learner.folder.work / "token.txt").read_bytes()
    claims = json.loads(jws.extract_compact(token).payload)
    assert [claims["oid"]] == list(notifier.former_ids)

    faults = {each.who: each.fault for each in learner.faults()}
    assert "gateway" not in faults  # the vault is closed to it anyway
    assert faults["notifier"].startswith("denied: no role gives it")
    assert faults["thumbnailer"] == "MALLOC_ARENA_MAX is 1"
    assert any("KeyError: 'CLIENT_ID'" in each.fault for each in learner.faults())

    seen = check.seen_by(EXAMPLE, learner.folder, learner.state)
    learner.faults()
    assert check.seen_by(EXAMPLE, learner.folder, learner.state) == seen

    shown = learner.types("solution").output
    assert '-print("client id:", os.environ["CLIENT_ID"])' in shown
    assert "./keyless fault vault-429 --end" in shown
    assert "./keyless deploy" in shown
    assert "+++ sandbox.snapshot.json" in shown
    assert '+                  "value": "2"' in shown
    assert f"./keyless apply --snapshot {learner.folder.snapshot}" in shown

    solved = learner.types("solution", "--apply")
    assert solved.exit_code == 0, solved.output
    assert check.seen_by(EXAMPLE, learner.folder, learner.state) != seen
    checked = learner.types("check")
    assert checked.exit_code == 0, checked.output
    assert "Everything is as it should be." in learner.types("solution").output
    assert report_of(learner).service("thumbnailer").environment["MALLOC_ARENA_MAX"] == "2"

    # A later start has what the learner has mended.
    assert learner.types("quit").exit_code == 0
    assert learner.types("20").exit_code == 0
    assert learner.faults() == []
    assert report_of(learner).faults  # it begins with each start
