"""Every lab, in one sandbox, through all its states: broken, mended wrongly, reset, solved."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from cli.lab.begin import as_text
from cli.lab.check import seen_by
from cli.lab.course import read_course
from cli.lab.folders import LabFolders
from tests.labs.learner import Learner, Wrong

COURSE = read_course()


def wrong_ways(number: int) -> tuple[Wrong, ...]:
    """Return the wrong ways to mend a lab, which are at least three."""
    found: tuple[Wrong, ...] = import_module(f"tests.labs.states_{number:02}").WRONG
    assert len(found) >= 3
    return found


@pytest.fixture(params=COURSE.values(), ids=lambda lab: str(lab.number))
def learner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Learner]:
    one = Learner(tmp_path, request.param)
    try:
        yield one
    finally:
        one.types("quit")


@pytest.mark.timeout(600)  # two starts and six proofs, on a machine that may be busy
def test_a_lab_fails_until_it_is_solved(learner: Learner) -> None:
    lab = learner.lab
    started = learner.types(str(lab.number), "--predict", "yes")
    assert started.exit_code == 0, started.output
    assert as_text(LabFolders(learner.root).lead(lab.story)) in started.output
    watched = seen_by(lab, learner.folder, learner.state)
    checked = learner.types("check")
    assert checked.exit_code == 1, checked.output
    assert "✗ " in checked.output
    assert seen_by(lab, learner.folder, learner.state) == watched, "--watch would never rest"

    for each in wrong_ways(lab.number):
        each.act(learner)
        each.check(learner.faults())

    reset = learner.types("reset")
    assert reset.exit_code == 0, reset.output
    assert learner.faults() != []

    solved = learner.types("solution", "--apply")
    assert solved.exit_code == 0, solved.output
    checked = learner.types("check")
    assert checked.exit_code == 0, checked.output
    said = "and it is yes" if lab.prediction.answer else "but it is no"
    assert f"You said yes, {said}: {lab.prediction.because}" in checked.output
    assert f"✓ {lab.number:>2}  {lab.title}" in learner.types().output
