"""Finding the sandbox that runs, starting one in the background, and ending it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from sandbox.cli.terminal import fail
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, running

_LONGEST_START = 120.0
_LONGEST_END = 60.0
_PAUSE = 0.05


def the_running(state: State) -> Report:
    """The sandbox that runs on `state`; ends the command with one sentence if none does."""
    report = running(state)
    if report is None:
        fail(f"no sandbox is running on {state.root}; start one with ./keyless up.")
    return report


def start_detached(state: State, port: int | None, told: Callable[[Report], None]) -> Report:
    """Start a sandbox in the background and return when all of it is ready.

    `told` is called with each report on the way. Ends the command if the sandbox ends instead.
    """
    log = state.path("sandbox.log")
    command = [sys.executable, "-m", "sandbox", "up", "--state", str(state.root)]
    with log.open("ab") as file:
        process = subprocess.Popen(
            command + ([] if port is None else ["--port", str(port)]),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=PROJECT,
            start_new_session=True,
        )
    begun = time.monotonic()
    while time.monotonic() - begun < _LONGEST_START:
        if process.poll() is not None:
            fail(_last_words(state) or f"the sandbox ended at once; see {log}.")
        report = running(state)
        if report is not None and report.pid == process.pid:
            told(report)
            if report.ready:
                return report
        time.sleep(_PAUSE)
    end(process.pid)
    fail(f"the services were not ready within {_LONGEST_START:.0f} seconds; see {log}.")


def end(pid: int) -> bool:
    """Tell the sandbox `pid` to end and wait for it. False if it would not go."""
    with_children_gone = time.monotonic() + _LONGEST_END
    try:
        os.kill(pid, signal.SIGTERM)
        while time.monotonic() < with_children_gone:
            if _reaped(pid):
                return True
            os.kill(pid, 0)
            time.sleep(_PAUSE)
    except ProcessLookupError:
        return True
    return False


def _reaped(pid: int) -> bool:
    """A child of ours stays a zombie until it is waited for."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _last_words(state: State) -> str:
    lines = state.path("sandbox.log").read_text().strip().splitlines()
    said = [line for line in lines if line.startswith("keyless: ")]
    return said[-1].removeprefix("keyless: ") if said else ""
