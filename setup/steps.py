"""One long step: quiet, with its name and its seconds, and ended with all that it has started."""

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

from setup.places import HOME, LOG

_ENDINGS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_GRACE = 5.0
_WIDTH = 58


class SetUpError(RuntimeError):
    """Why the set-up cannot go on; the message is a sentence that says what to do."""


class StepError(RuntimeError):
    """A step that failed; `said` is what its program has written, which is `tool`: pip, uv, npm."""

    def __init__(self, text: str, said: str, tool: str = "") -> None:
        super().__init__(text)
        self.said = said
        self.tool = tool


def say(text: str, end: str = "\n") -> None:
    """Tell the user, unless the terminal has gone."""
    with suppress(OSError):
        os.write(2, f"{text}{end}".encode(sys.stderr.encoding, "backslashreplace"))


def hear_endings() -> None:
    """End the set-up by SystemExit where the user ends it, so that what it started ends, too."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        for each in _ENDINGS:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in _ENDINGS:
        # What is ignored, as under nohup, was meant to be.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave)


def run(
    text: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    turn: int,
    complaint: Callable[[], str] = str,
) -> None:
    """Run one step, with its name and seconds. Raises StepError, or OSError without the program.

    A step is done when what it makes is there, and not when its command says so: `complaint` says
    what is wrong with it, and is empty if nothing is. `turn` is a descriptor that the step keeps:
    the next set-up waits for a step that outlived its own, after a `kill -9`.
    """
    say(f"  {text:<{_WIDTH}}", end="")
    begun = time.monotonic()
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        before = log.tell()
        status = _status(command, environment, turn, log)
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
    command: Sequence[str], environment: Mapping[str, str], turn: int, log: BinaryIO
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
        pass_fds=(turn,),
    )
    try:
        return process.wait()
    finally:
        _end(process)


def answer(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return what a program prints. Raises StepError with it if the program fails or is missing."""
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
    """The step leads a group of its own, so its group is everything that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        if process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
