"""One long step: quiet, with its name and duration, in a process group of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn

from setup.paths import HOME, LOG

_ENDINGS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_GRACE = 5.0
_WIDTH = 58


class SetUpError(RuntimeError):
    """An error that ends the set-up; the message is a sentence that names the fix."""


class StepError(RuntimeError):
    """A failed step; `said` is its output, `tool` is its program: pip, uv or npm."""

    def __init__(self, text: str, said: str, tool: str = "") -> None:
        super().__init__(text)
        self.said = said
        self.tool = tool


def say(text: str, end: str = "\n") -> None:
    """Print to the user, unless the terminal is closed."""
    with suppress(OSError):
        os.write(2, f"{text}{end}".encode(sys.stderr.encoding, "backslashreplace"))


def exit_on_signals() -> None:
    """Turn the user's signals into SystemExit, so that running steps end too."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        for each in _ENDINGS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in _ENDINGS:
        # A signal that is ignored, as under nohup, stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave)


def run(
    text: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    lock_fd: int,
    complaint: Callable[[], str] = str,
) -> None:
    """Run one step, with its name and duration. Raises StepError, or OSError without the program.

    A step succeeds if its result is right, not if its command says so: `complaint` returns the
    fault, or nothing. The step inherits the descriptor `lock_fd`: the next set-up waits for a step
    that outlived its own set-up after a `kill -9`.
    """
    say(f"  {text:<{_WIDTH}}", end="")
    begun = time.monotonic()
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        before = log.tell()
        status = _status(command, environment, lock_fd, log)
    said = LOG.read_bytes()[before:].decode(errors="replace")
    try:
        why = f"it ended with status {status}" if status else complaint()
    except RuntimeError:
        say("failed")
        raise
    if why:
        say("failed\n")
        program = Path(command[0]).name
        tool = "pip" if program != "uv" and "pip" in command else program  # not of uv pip install
        raise StepError(text, f"{said.rstrip()}\n{why}", tool)
    say(f"{time.monotonic() - begun:4.0f} s")


def _status(
    command: Sequence[str], environment: Mapping[str, str], lock_fd: int, log: BinaryIO
) -> int:
    log.flush()
    process = subprocess.Popen(
        command,
        cwd=HOME,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        process_group=0,
        pass_fds=(lock_fd,),
    )
    try:
        return process.wait()
    finally:
        _end(process)


def answer(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return a program's output. Raises StepError with it if the program fails or is missing."""
    try:
        done = subprocess.run(
            command,
            cwd=HOME,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise StepError(command[0], str(error)) from error
    said = done.stdout.decode(errors="replace").strip()
    if done.returncode:
        raise StepError(command[0], said)
    return said


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the step's process group, which is everything it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        if process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
