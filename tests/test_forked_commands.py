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
    started = subprocess.run(
        [sys.executable, "-m", "cli", *command.split()],
        cwd=PROJECT,
        env={**os.environ, "KEYLESS_STATE": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (forked.stdout, forked.stderr) == (started.stdout, started.stderr)
    assert forked.returncode == started.returncode


def test_a_command_in_another_environment_is_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands()
    assert commands.fit({**os.environ, "KEYLESS_STATE": "/elsewhere"})
    assert not commands.fit({**os.environ, "COLUMNS": "40"})
    monkeypatch.setenv("AZURE_CLIENT_ID", "an identity")
    assert not commands.fit(dict(os.environ))
