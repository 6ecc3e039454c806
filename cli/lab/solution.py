"""The solution of a lab: its difference from the sample, and the commands that undo it."""

import difflib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from cli.lab.course import Lab
from cli.lab.folders import LabFolder, copy_files
from cli.redrive import receives
from cli.snapshot_notes import shown
from local.az_commands import create_assignment, delete_assignment, in_sandbox
from sandbox.commands import KEYLESS
from sandbox.deployment import (
    DEPLOYER,
    SNAPSHOT,
    Deployment,
    RoleAssignment,
    difference,
    freshly_deployed,
    load,
)
from sandbox.rbac import Assignments
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, running

_AS_DEPLOYER = f"{KEYLESS} as {DEPLOYER} -- "


class SolutionError(RuntimeError):
    """A command of the solution that failed; the message has its last line."""


@dataclass(frozen=True)
class Solution:
    """The differences of the learner's files and of the Bicep as text, and the commands.

    `snapshot` is the difference of the snapshot, where a command applies it.
    """

    files: str
    bicep: str
    snapshot: str
    commands: Sequence[str]


def of(lab: Lab, folder: LabFolder, state: State) -> Solution:
    """Return what still differs from the solution of a lab whose sandbox runs."""
    edited = dict.fromkeys(each.file for each in lab.broken.edits)
    return Solution(
        files=_difference(folder.work, lab.solution, _names(lab.solution)),
        bicep=_difference(folder.bicep, SNAPSHOT.parent, edited),
        snapshot=_difference(folder.root, SNAPSHOT.parent, _applied(lab)),
        commands=list(_commands(lab, folder, state)),
    )


def carry_out(found: Solution, lab: Lab, folder: LabFolder, state: State) -> None:
    """Copy the solved files, and run the commands. Raises SolutionError or OSError."""
    if lab.solution is not None:
        copy_files(lab.solution, folder.work)
    if lab.broken.has_other_resources:
        shutil.copyfile(SNAPSHOT, folder.snapshot)
    for words in _joined(found.commands):
        _run(words, state)


def _commands(lab: Lab, folder: LabFolder, state: State) -> Iterator[str]:
    report = running(state)
    in_force = {each.name for each in report.faults} if report else set()
    for each in lab.broken.faults:
        if each.name in in_force:
            yield f"{KEYLESS} fault {each.name} --end"
        elif f"incident {each.seed}" in in_force:
            yield f"{KEYLESS} fault --end"
    if lab.broken.has_other_resources and _resources_differ(state):
        yield f"{KEYLESS} apply --snapshot {shlex.quote(shown(folder.snapshot))}"
    sound, now = freshly_deployed(state, SNAPSHOT, is_own=True), load(state)
    listed = list(Assignments.kept_in(state, now).listed)
    assigned = {each.principal_id for each in listed}
    without_roles = {
        each.principal_id
        for each in now.principals
        if each.former_ids and each.principal_id not in assigned
    }
    if without_roles:
        yield f"{KEYLESS} deploy"
        deployed = (each for each in sound.assignments if each.principal_id in without_roles)
        listed += deployed
    yield from in_sandbox(_az(sound, listed, now.deployer.principal_id))
    if report:
        yield from (f"{KEYLESS} redrive {each}" for each in _with_dead_letters(lab, now, report))


def _with_dead_letters(lab: Lab, now: Deployment, report: Report) -> Iterator[str]:
    """Yield the lab's services that have a dead letter."""
    paths = tuple(f"/{path}" for path, count in report.dead_letters.items() if count)
    for service in lab.services:
        if any(each.endswith(paths) for each in receives(now, service)):
            yield service


def _resources_differ(state: State) -> bool:
    """Return whether a resource in force, or an app's variable, differs from the sample's."""
    now = load(state)
    sound = freshly_deployed(state, SNAPSHOT, is_own=now.registration is not None)
    return bool(difference(now, sound, ()).resources)


def _az(sound: Deployment, listed: Sequence[RoleAssignment], deployer: str) -> Iterator[str]:
    wanted, there = {each.key for each in sound.assignments}, {each.key for each in listed}
    extra = [e.id for e in listed if e.key not in wanted and e.principal_id != deployer]
    if extra:
        yield delete_assignment(*extra)
    kinds = {each.principal_id: each.type for each in sound.principals}
    for each in sound.assignments:
        if each.key not in there:
            role = each.role_definition_id.rpartition("/")[2]
            yield create_assignment(role, each.scope, each.principal_id, kinds[each.principal_id])


def _applied(lab: Lab) -> list[str]:
    return [SNAPSHOT.name] if lab.broken.has_other_resources else []


def _names(folder: Path | None) -> list[str]:
    """Return the files below a folder, by their paths in it."""
    if folder is None:
        return []
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return [str(each.relative_to(folder)) for each in files if "__pycache__" not in each.parts]


def _difference(before: Path, after: Path | None, names: Iterable[str]) -> str:
    """Return the difference between the files of two folders; an absent one is empty."""
    if after is None:
        return ""
    return "".join(
        line
        for name in names
        for line in difflib.unified_diff(
            _lines(before / name), _lines(after / name), name, name, n=1
        )
    )


def _lines(path: Path) -> list[str]:
    text = path.read_text("utf-8", "replace") if path.exists() else ""
    return [f"{each}\n" for each in text.splitlines()]


def _joined(commands: Iterable[str]) -> Iterator[list[str]]:
    """Yield the words of each command; those of the deployer in one shell, and one start."""
    for as_deployer, some in groupby(commands, lambda each: each.startswith(_AS_DEPLOYER)):
        if as_deployer:
            script = "\n".join(each.removeprefix(_AS_DEPLOYER) for each in some)
            yield [*shlex.split(_AS_DEPLOYER)[1:], "sh", "-ec", script]
        else:
            yield from (shlex.split(each)[1:] for each in some)


def _run(words: Sequence[str], state: State) -> None:
    """Run a command on the sandbox of `state`. Raises SolutionError."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=PROJECT,
        env={**os.environ, "KEYLESS_STATE": str(state.root)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"]
        raise SolutionError(f"{shlex.join([KEYLESS, *words])} failed: {said[-1]}")
