"""A forked command does as one that starts as a process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.forked_commands import Commands


@pytest.fixture(scope="module")
def commands() -> Commands:
    return Commands()


@pytest.mark.parametrize("command", ["names --help", "status", "explain", "no-such-command"])
def test_a_forked_command_prints_and_returns_what_a_process_does(
    commands: Commands, tmp_path: Path, command: str
) -> None:
    forked = commands.run(tmp_path, *command.split())
    assert _outcome(forked) == _outcome(_process(tmp_path, *command.split()))


def test_a_fork_has_the_environment_that_it_is_given(commands: Commands, tmp_path: Path) -> None:
    environment = {**os.environ, "BICEP": "/no/such/program", "AZURE_CLIENT_ID": "an identity"}
    assert commands.fit(environment)
    forked = commands.run(tmp_path, "rehearse", environment=environment)
    assert _outcome(forked) == _outcome(_process(tmp_path, "rehearse", **environment))
    assert "/no/such/program" in forked.stderr


@pytest.mark.parametrize("name", ["COLUMNS", "NO_COLOR", "LC_ALL", "PYTHONUTF8", "KEYLESS_COMMAND"])
def test_a_command_with_other_variables_of_the_imports_is_no_fork(name: str) -> None:
    commands = Commands()
    assert commands.fit({**os.environ, "KEYLESS_STATE": "/elsewhere", "PYTHONPATH": "/startup"})
    assert not commands.fit({**os.environ, name: "40"})


def _process(
    state: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment, "KEYLESS_STATE": str(state)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _outcome(done: "subprocess.CompletedProcess[str]") -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr
