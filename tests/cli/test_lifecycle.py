"""A failed start names the waiting services and their reasons; an end comes in time."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cli import lifecycle
from cli.lifecycle import End, answers, end, why_not_ready
from sandbox.state import PROJECT, State
from sandbox.supervisor import holder
from tests.conftest import Running

_HOLDS = """
import signal, sys
from sandbox.state import State
from sandbox.lock import take
from pathlib import Path
take(State.open(Path(sys.argv[1])))
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "deaf" else signal.SIG_DFL)
print("held", flush=True)
while True:
    signal.pause()
"""


@contextmanager
def held(folder: Path, how: str) -> Iterator[State]:
    """Run a process that holds the lock of a state, and ends on SIGTERM or ignores it."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(folder), how], cwd=PROJECT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        try:
            yield State.open(folder)
        finally:
            process.kill()


def test_what_does_not_end_by_itself_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(tmp_path, "heeds") as state:
        assert end(state) is End.BY_ITSELF
        assert end(state) is End.BY_ITSELF, "there is nothing left to end"
    monkeypatch.setattr(lifecycle, "_LONGEST_END", 0.1)
    with held(tmp_path, "deaf") as state:
        assert end(state) is End.KILLED
        assert holder(state) is None


def test_an_end_takes_15_seconds_at_most() -> None:
    assert lifecycle._LONGEST_END + lifecycle._LONGEST_KILL <= 13


def test_a_sandbox_that_does_not_answer_is_found_out(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(sandbox.audit())
    assert answers(sandbox.report)
    assert not [each for each in sandbox.audit()[before:] if each.service == "edge"]
    monkeypatch.setattr(lifecycle, "_LONGEST_ANSWER", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page = f"http://127.0.0.1:{silent.getsockname()[1]}/device"
        sign_in = replace(sandbox.report.sign_in, page=page)
        assert not answers(replace(sandbox.report, sign_in=sign_in))


def test_who_waits_is_named_with_what_it_waits_for(sandbox: Running) -> None:
    report = sandbox.report
    waiting = replace(
        report.service("thumbnailer"),
        state="starting",
        failing=("read on container thumbnails", "write on container thumbnails"),
    )
    others = (each for each in report.services if each.name != "thumbnailer")
    said = why_not_ready(replace(report, services=(*others, waiting)))
    assert (
        "thumbnailer is waiting for read on container thumbnails, write on container thum" in said
    )
    assert "gateway" not in said
    assert said.endswith("./keyless doctor")


def test_nobody_is_named_who_does_not_wait(sandbox: Running) -> None:
    assert why_not_ready(sandbox.report) == ""
    assert why_not_ready(None) == ""
