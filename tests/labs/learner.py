"""A learner of one lab, and the wrong ways to mend it: `tests/labs/states_NN.py` lists them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from typer.testing import CliRunner, Result

from cli.application import application
from cli.lab.breakage import broken
from cli.lab.course import Break, Lab, Row
from cli.lab.folders import LabFolder, LabFolders, copy_files
from cli.lab.proof import prove
from cli.lab.run import Finding, Run
from sandbox.deployment import SNAPSHOT, as_compiled
from sandbox.state import State
from sandbox.supervisor import running
from sandbox.supervisor.control_request import ask

WRONG_FILES = Path(__file__).parent / "wrong"
_LAB = application("lab")


@dataclass(frozen=True)
class Learner:
    """The learner's terminal, with the labs in the folder `root`, and the lab to solve."""

    root: Path
    lab: Lab

    def types(self, *words: str) -> Result:
        """Run `./keyless lab` in this process."""
        return CliRunner().invoke(_LAB, ["lab", *words], env={"KEYLESS_LABS": str(self.root)})

    @property
    def folder(self) -> LabFolder:
        return LabFolders(self.root).of(self.lab.number)

    @property
    def state(self) -> State:
        return State(self.folder.state)

    @property
    def run(self) -> Run:
        """The lab's running sandbox, as its check sees it."""
        return Run(self.state, self.folder.snapshot, self.folder.work)

    def faults(self) -> list[Finding]:
        """Return the faults that a check finds now."""
        found = prove(self.lab, self.run)
        assert found, "a check that looks at nothing proves nothing"
        return [each for each in found if each.fault]

    def asks(self, verb: str, **body: object) -> None:
        """Send a request to the control channel of the lab's sandbox."""
        report = running(self.state)
        assert report is not None
        assert report.control is not None
        ask(report.control, verb, body)

    def takes_solved_files(self) -> None:
        """Copy the solution's files, if the lab has any."""
        if self.lab.solution is not None:
            copy_files(self.lab.solution, self.folder.work)

    def deploys(self, snapshot: str) -> None:
        """Put the text of a snapshot into force."""
        self.asks("apply", snapshot=snapshot)


Act = Callable[[Learner], None]


@dataclass(frozen=True)
class Wrong:
    """A wrong way to mend a lab: `act` begins from any state, and the check must fail.

    A fault must then have `says` in it. With `too_much`, each fault is a right too many of `who`.
    """

    name: str
    act: Act
    says: str = ""
    who: str = ""
    too_much: bool = False

    def check(self, faults: Sequence[Finding]) -> None:
        """Raise AssertionError unless the faults are those of this wrong way."""
        assert faults, self.name
        assert any(self.says in each.fault for each in faults), (self.name, faults)
        if self.too_much:
            assert all(each.too_much and each.who == self.who for each in faults), faults


def over_granted(who: str, role: str, on: str) -> Wrong:
    """Return the solution with one row more, which is a right too many."""
    row = Row(who, role, on)

    def act(learner: Learner) -> None:
        learner.takes_solved_files()
        lab = replace(learner.lab, broken=Break(grant=[row]))
        learner.deploys(json.dumps(broken(json.loads(SNAPSHOT.read_text()), lab, as_compiled())))

    return Wrong(f"{who}: {role} on {on}", act, who=who, too_much=True)


def files(name: str, says: str = "") -> Wrong:
    """Return wrong files for the learner's folder: those in `wrong/NN/` under this name.

    All else is solved.
    """

    def act(learner: Learner) -> None:
        learner.takes_solved_files()
        if learner.lab.broken.edits:
            learner.deploys(SNAPSHOT.read_text())
        copy_files(WRONG_FILES / f"{learner.lab.number:02}" / name, learner.folder.work)

    return Wrong(name, act, says)
