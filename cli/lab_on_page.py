"""The open lab, for the page of its sandbox."""

import os
import subprocess
import sys
from functools import partial

from cli.lab.advice import give_hint
from cli.lab.course import Lab, lab_of, read_course
from cli.lab.folders import LabFolder, LabFolders
from sandbox.deployment import SNAPSHOT, deployed_anew
from sandbox.page import Checked, OpenLab
from sandbox.state import PROJECT, State

_LONGEST = 180  # seconds
_LATE = f"The check took longer than {_LONGEST} seconds, and was ended."


def read_lab(state: State) -> OpenLab | None:
    """Return the open lab whose sandbox `state` is of; None for any other sandbox.

    Raises CourseError, BrokenFileError or OSError.
    """
    root = state.root.absolute().parent
    folders = LabFolders(root.parent)
    if not LabFolder(root).exists() or LabFolder(root).state != state.root.absolute():
        return None
    number = folders.progress().open
    if number is None or folders.of(number) != LabFolder(root):
        return None
    return _open(folders, lab_of(read_course(), number), state)


def _open(folders: LabFolders, lab: Lab, state: State) -> OpenLab:
    step = folders.progress().of(lab.number)
    answer = "yes" if lab.prediction.answer else "no"
    return OpenLab(
        number=lab.number,
        title=lab.title,
        concept=lab.concept,
        minutes=lab.minutes,
        story=lab.story,
        question=lab.prediction.question,
        predicted=step.predicted,
        because=f"It is {answer}: {lab.prediction.because}" if step.solved else "",
        hints=tuple(lab.hints[: step.hints]),
        hints_in_all=len(lab.hints),
        solved=step.solved,
        goal=deployed_anew(state, SNAPSHOT, is_own=True),
        hint=partial(give_hint, folders, lab),
        check=partial(_check, folders),
    )


def _check(folders: LabFolders) -> Checked:
    """Check in a process of its own: it acts as one identity after another."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli", "lab", "check", "--folder", str(folders.root)],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT), "NO_COLOR": "1", "COLUMNS": "100"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Checked(False, _LATE)
    return Checked(done.returncode == 0, done.stdout.strip())
