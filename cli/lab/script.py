"""A learner's script: run with a time limit, and if wanted without its pauses."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TIMED_OUT = 124  # as of the command timeout
# Runs a script whose pauses end at once, and prints at last how many seconds they would have been.
_HASTY = """
import atexit, runpy, sys, time
pauses = []
time.sleep = pauses.append
atexit.register(lambda: print("", sum(pauses), sep=chr(10), flush=True))
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True)
class Ended:
    """A script that has run: its exit status, all that it printed, and the pauses left out.

    The status is TIMED_OUT if it ran into the time limit. `paused` is in seconds.
    """

    status: int
    out: str
    paused: float = 0.0


def run_python(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
    *,
    hasty: bool = False,
) -> Ended:
    """Run a script, the first of `words`, in a folder; end it after `seconds`.

    The pauses of a `hasty` one end at once.
    """
    command = [sys.executable, *(("-c", _HASTY) if hasty else ()), *words]
    status, out = _run(command, environment, folder, seconds)
    return Ended(status, *_paused(out)) if hasty else Ended(status, out)


def _paused(out: str) -> tuple[str, float]:
    """Return the output of a hasty script, and its pauses in seconds; 0 if it was killed."""
    printed, _, last = out.rstrip().rpartition("\n")
    try:
        return printed, float(last)
    except ValueError:
        return out, 0.0


def _run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> tuple[int, str]:
    """Run a program; return its status, and all that it printed. End it after `seconds`."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # so that it ends with the programs that it has started
    )
    try:
        printed, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill(process)
        printed, _ = process.communicate()
        return TIMED_OUT, printed
    except BaseException:
        _kill(process)
        process.wait()
        raise
    return process.returncode, printed


def _kill(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
