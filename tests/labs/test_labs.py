"""Every lab, in one sandbox, through all its states: broken, solved, over-granted, reset."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.lab.breakage import broken
from cli.lab.course import Lab, Row, read_course
from cli.lab.folders import LabFolder, LabFolders
from cli.lab.proof import Finding, prove
from sandbox.deployment import SNAPSHOT, as_compiled
from sandbox.state import PROJECT, State
from sandbox.supervisor import running
from sandbox.supervisor.control_request import ask

COURSE = read_course()

# For each lab: a wider scope, a wider role, and a second identity.
_READER, _CONTRIBUTOR = "Storage Blob Data Reader", "Storage Blob Data Contributor"
OVER_GRANTS = {
    3: (
        Row("thumbnailer", _READER, "account"),
        Row("thumbnailer", _CONTRIBUTOR, "containers/originals"),
        Row("gateway", _READER, "containers/originals"),
    ),
    4: (
        Row("gateway", _READER, "account"),
        Row("gateway", _CONTRIBUTOR, "containers/thumbnails"),
        Row("notifier", _READER, "containers/thumbnails"),
    ),
    5: (
        Row("notifier", "Azure Service Bus Data Receiver", "namespace"),
        Row("thumbnailer", _CONTRIBUTOR, "containers/thumbnails"),
        Row("catalog", "Azure Service Bus Data Receiver", "subscriptions/notifier"),
    ),
    7: (
        Row("catalog", _CONTRIBUTOR, "account"),
        Row("catalog", _CONTRIBUTOR, "containers/catalog"),
        Row("gateway", _READER, "containers/catalog"),
    ),
}


@dataclasses.dataclass(frozen=True)
class Learner:
    """The learner's terminal, with the labs in a folder of their own."""

    root: Path

    def types(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "cli", "lab", *words],
            cwd=PROJECT,
            env={**os.environ, "KEYLESS_LABS": str(self.root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def folder(self, lab: Lab) -> LabFolder:
        return LabFolders(self.root).of(lab.number)

    def faults(self, lab: Lab) -> list[Finding]:
        folder = self.folder(lab)
        found = prove(State(folder.state), folder.snapshot, lab.probes)
        assert len(found) > 20
        return [each for each in found if each.fault]

    def deploys(self, lab: Lab, snapshot: str) -> None:
        report = running(State(self.folder(lab).state))
        assert report is not None
        assert report.control is not None
        ask(report.control, "apply", {"snapshot": snapshot})


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learner]:
    one = Learner(tmp_path_factory.mktemp("labs"))
    try:
        yield one
    finally:
        one.types("quit")


def over_granted(lab: Lab, row: Row) -> str:
    solved_and_more = dataclasses.replace(lab, revoke=(), grant=[row])
    return json.dumps(broken(json.loads(SNAPSHOT.read_text()), solved_and_more, as_compiled()))


@pytest.mark.timeout(600)  # two starts and six proofs, on a machine that may be busy
@pytest.mark.parametrize("lab", COURSE.values(), ids=lambda lab: str(lab.number))
def test_a_lab_fails_broken_and_over_granted_and_passes_solved(lab: Lab, learner: Learner) -> None:
    started = learner.types(str(lab.number), "--predict", "yes")
    assert started.returncode == 0, started.stdout + started.stderr
    assert lab.story in started.stdout

    checked = learner.types("check")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert "✗ " in checked.stdout

    for row in OVER_GRANTS[lab.number]:
        learner.deploys(lab, over_granted(lab, row))
        faults = learner.faults(lab)
        assert faults, row
        assert all(each.too_much and each.who == row.who for each in faults), faults

    learner.deploys(lab, SNAPSHOT.read_text())
    assert learner.faults(lab) == []

    reset = learner.types("reset")
    assert reset.returncode == 0, reset.stdout + reset.stderr
    assert learner.faults(lab) != []

    solved = learner.types("solution", "--apply")
    assert solved.returncode == 0, solved.stdout + solved.stderr
    checked = learner.types("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    said = "and it is yes" if lab.prediction.answer else "but it is no"
    assert f"You said yes, {said}: {lab.prediction.because}" in checked.stdout
    assert f"✓ {lab.number:>2}  {lab.title}" in learner.types().stdout
