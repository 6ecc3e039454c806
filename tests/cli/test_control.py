"""Commands that change a running sandbox: its answers, its refusals, and a sandbox without any."""

import os
import socket
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
import typer

from cli.control import ask
from sandbox.lock import take
from sandbox.state import State
from sandbox.supervisor.report import ControlReport
from tests.bare_report import BARE_REPORT
from tests.conftest import Running

REPORT = replace(BARE_REPORT, pid=os.getpid())


@pytest.fixture
def held(tmp_path: Path) -> State:
    """A state on which this process seems to be the sandbox."""
    state = State.open(tmp_path / "state")
    take(state)
    return state


def sentence(state: State, capsys: pytest.CaptureFixture[str], verb: str = "set") -> str:
    with pytest.raises(typer.Exit):
        ask(state, verb, {})
    return " ".join(capsys.readouterr().err.split())


def test_without_a_sandbox_there_is_nothing_to_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no sandbox is running" in sentence(State.open(tmp_path / "new"), capsys)


def test_a_sandbox_of_an_older_version_has_to_start_again(
    held: State, capsys: pytest.CaptureFixture[str]
) -> None:
    REPORT.write(held)
    assert "older version of Keyless" in sentence(held, capsys)


def test_a_sandbox_that_hangs_up_ends_the_command_in_one_sentence(
    held: State, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            connection, _ = server.accept()
            connection.close()

        Thread(target=hang_up, daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        replace(REPORT, control=ControlReport(address, "key")).write(held)
        assert "does not answer: ConnectionError" in sentence(held, capsys)


def test_a_running_sandbox_names_what_it_takes(
    sandbox: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    control = sandbox.report.control
    assert control is not None
    assert "the running sandbox takes" in sentence(sandbox.state, capsys, "no-such-verb")
    assert control.key not in sandbox.run("status", "--json").stdout
