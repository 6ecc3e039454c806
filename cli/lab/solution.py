"""The solution of a lab: the difference between the roles in force and those of the sample."""

import difflib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from local.az_commands import create_assignment, delete_assignment, in_sandbox
from sandbox.commands import KEYLESS
from sandbox.deployment import SNAPSHOT, Deployment, RoleAssignment, load
from sandbox.rbac import Assignments
from sandbox.state import PROJECT, State


class SolutionError(RuntimeError):
    """A command of the solution that failed; the message has its last line."""


def commands(state: State) -> list[str]:
    """Return the commands that turn the roles in force into those of the sample."""
    sound, now = load(state, SNAPSHOT, is_own=True), load(state)
    listed = Assignments.kept_in(state, now).listed
    return list(in_sandbox(_az(sound, listed, now.deployer.principal_id)))


def bicep(folder: Path, files: Sequence[str]) -> str:
    """Return the difference between a lab's copy of these files and the sample's."""
    return "".join(
        line
        for name in files
        for line in difflib.unified_diff(
            (folder / name).read_text("utf-8").splitlines(keepends=True),
            (SNAPSHOT.parent / name).read_text("utf-8").splitlines(keepends=True),
            name,
            name,
            n=1,
        )
    )


def run(command: str, state: State) -> None:
    """Run a command of the solution on the sandbox of `state`. Raises SolutionError."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *shlex.split(command.removeprefix(KEYLESS))],
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
        raise SolutionError(f"{command} failed: {said[-1]}")


def _az(sound: Deployment, listed: Sequence[RoleAssignment], deployer: str) -> Iterator[str]:
    wanted, there = {each.key for each in sound.assignments}, {each.key for each in listed}
    for each in listed:
        if each.key not in wanted and each.principal_id != deployer:
            yield delete_assignment(each.id)
    kinds = {each.principal_id: each.type for each in sound.principals}
    for each in sound.assignments:
        if each.key not in there:
            role = each.role_definition_id.rpartition("/")[2]
            yield create_assignment(role, each.scope, each.principal_id, kinds[each.principal_id])
