"""The open lab, as the page of its sandbox shows it."""

from dataclasses import replace
from pathlib import Path

import pytest

from cli.lab.course import Lab, read_course
from cli.lab.folders import LabFolder, LabFolders, Progress, Step
from cli.lab_on_page import read_lab
from sandbox.state import State


@pytest.fixture
def lab() -> Lab:
    return read_course()[3]


@pytest.fixture
def folders(tmp_path: Path, lab: Lab) -> LabFolders:
    made = LabFolders(tmp_path)
    made.of(lab.number).write(lab)
    made.keep(Progress(lab.number, {lab.number: Step(predicted=True)}))
    return made


def state_of(folder: LabFolder) -> State:
    return State.open(folder.state)


def test_the_page_gives_one_hint_after_another(folders: LabFolders, lab: Lab) -> None:
    state = state_of(folders.of(3))
    for count in (0, 1, 2, 3, 3):
        shown = read_lab(state)
        assert shown is not None
        assert (shown.hints, shown.hints_in_all) == (tuple(lab.hints[:count]), 3)
        shown.hint()


def test_the_answer_to_the_prediction_comes_with_the_solution(
    folders: LabFolders, lab: Lab
) -> None:
    state = state_of(folders.of(3))
    shown = read_lab(state)
    assert shown is not None
    assert (shown.predicted, shown.because) == (True, "")
    progress = folders.progress()
    folders.keep(progress.with_step(3, replace(progress.of(3), solved=True)))
    shown = read_lab(state)
    assert shown is not None
    assert shown.because == f"It is yes: {lab.prediction.because}"


def test_the_goal_is_the_deployment_without_the_fault(folders: LabFolders) -> None:
    shown = read_lab(state_of(folders.of(3)))
    assert shown is not None
    goal, thumbnailer = shown.goal, shown.goal.principal("thumbnailer").principal_id
    on = {each.scope for each in goal.assignments if each.principal_id == thumbnailer}
    assert goal.storage.container_id("originals") in on


def test_a_sandbox_of_no_open_lab_shows_none(folders: LabFolders, tmp_path: Path) -> None:
    assert read_lab(State.open(tmp_path / "another" / "state")) is None
    state = state_of(folders.of(3))
    folders.keep(Progress(None, folders.progress().steps))
    assert read_lab(state) is None
    folders.keep(Progress(4, {}))
    assert read_lab(state) is None


def test_the_check_of_a_lab_whose_sandbox_has_ended_says_so(folders: LabFolders) -> None:
    shown = read_lab(state_of(folders.of(3)))
    assert shown is not None
    checked = shown.check()
    assert (checked.passed, "the sandbox of lab 3 has ended" in checked.text) == (False, True)
