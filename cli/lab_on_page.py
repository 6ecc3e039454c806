"""The open lab, for the page of its sandbox."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from cli.lab.advice import give_hint
from cli.lab.course import Lab, lab_of, read_course
from cli.lab.folders import LabFolders, folder_of
from infra.rehearsal.files import has_compiler
from sandbox.deployment import SNAPSHOT, freshly_deployed
from sandbox.page import Checked, OpenLab
from sandbox.state import PROJECT, State

_LONGEST = 180  # seconds
_LATE = f"The check took longer than {_LONGEST} seconds, and was ended."


def read_lab(state: State) -> OpenLab | None:
    """Return the open lab whose sandbox `state` is of; None for any other sandbox.

    Raises CourseError, BrokenFileError or OSError.
    """
    folder = folder_of(state.root)
    if folder is None:
        return None
    folders = LabFolders(folder.root.parent)
    number = folders.progress().open
    if number is None or folders.of(number) != folder:
        return None
    return _open(folders, lab_of(read_course(), number), state)


def bicep_of(state: State) -> Path | None:
    """Return the lab's copy of the Bicep, which the learner edits; None for any other sandbox."""
    folder = folder_of(state.root)
    return folder.parameters if folder is not None and has_compiler() else None


def _open(folders: LabFolders, lab: Lab, state: State) -> OpenLab:
    step = folders.progress().of(lab.number)
    answer = "yes" if lab.prediction.answer else "no"
    return OpenLab(
        number=lab.number,
        title=lab.title,
        concept=lab.concept,
        minutes=lab.minutes,
        story=folders.lead(lab.story),
        question=lab.prediction.question,
        predicted=step.predicted,
        because=f"It is {answer}: {lab.prediction.because}" if step.solved else "",
        hints=tuple(map(folders.lead, lab.hints[: step.hints])),
        hints_in_all=len(lab.hints),
        solved=step.solved,
        goal=freshly_deployed(state, SNAPSHOT, is_own=True),
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
