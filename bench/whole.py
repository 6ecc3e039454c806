"""A sandbox that is started as a user starts it, and timed from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process import BenchError
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, running

_LONGEST = 120.0
_PAUSE = 0.01
# Settings of the user's own sandbox, which is not the one that is measured. And the variable that
# lets each start compile the project again, which `./keyless` leaves out too.
_OF_ANOTHER = frozenset({"KEYLESS_STATE", "KEYLESS_ASSUME", "PYTHONDONTWRITEBYTECODE"})


@dataclass(frozen=True)
class Whole:
    """A ready sandbox, with the seconds since its process's start."""

    state: State
    report: Report
    ready_after: float


def keyless(state: State, *arguments: str) -> Sequence[str]:
    """Return the command line of `./keyless` on `state`."""
    return (sys.executable, "-m", "cli", *arguments, "--state", str(state.root))


@contextmanager
def whole(root: Path, *arguments: str) -> Iterator[Whole]:
    """Start the sandbox on the state at `root`, by `up` and its further `arguments`.

    Raises BenchError if it is not ready in time.
    """
    state = State.open(root)
    begun = time.monotonic()
    with state.path("bench.log").open("ab") as log:
        process = subprocess.Popen(
            keyless(state, "up", "--port", "0", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT,
            env=_environment(),
            start_new_session=True,
        )
    try:
        yield _ready(state, process, begun)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_LONGEST)


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}


def _ready(state: State, process: "subprocess.Popen[bytes]", begun: float) -> Whole:
    while time.monotonic() - begun < _LONGEST:
        if process.poll() is not None:
            raise BenchError(f"the sandbox ended: {_end_reason(state)}")
        report = running(state)
        if report is not None and report.pid == process.pid and report.ready:
            return Whole(state, report, time.monotonic() - begun)
        time.sleep(_PAUSE)
    raise BenchError(f"the sandbox was not ready within {_LONGEST:.0f} s: {_end_reason(state)}")


def _end_reason(state: State) -> str:
    return state.path("bench.log").read_text("utf-8", "replace").strip()[-400:]


def demo(state: State, *arguments: str) -> float:
    """Return the seconds of a demo on `state`. Raises BenchError if it falls short."""
    begun = time.monotonic()
    done = subprocess.run(
        keyless(state, "demo", *arguments),
        cwd=PROJECT,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BenchError(f"the demo ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return time.monotonic() - begun
