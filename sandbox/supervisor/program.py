"""A program of the sandbox, and its start under a guard of its own."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sandbox.guard import process_guard


@dataclass(frozen=True)
class Program:
    """A program to run. `grace` is the seconds between SIGTERM and SIGKILL.

    `lock` is a file for a program that must run alone: it waits until the one of a killed sandbox
    has ended. `damage` is called after a crash: it names a broken file of the installation, or
    returns an empty text. A `forkable` program has the command `python -m MODULE ...`; it may find
    modules that were imported under other variables than its own.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    log: Path
    grace: float = 10.0
    lock: Path | None = None
    damage: Callable[[], str] = lambda: ""
    forkable: bool = False


class Running(Protocol):
    """A program that was started."""

    async def wait(self) -> int:
        """Return its exit status once it and everything that it has started have ended."""

    def end(self) -> None:
        """Ask it to end within its grace."""


Launch = Callable[[Program], Awaitable[Running]]


@dataclass(frozen=True)
class _Guarded:
    """A program under a guard that is a child of this process."""

    guard: asyncio.subprocess.Process

    async def wait(self) -> int:
        return await self.guard.wait()

    def end(self) -> None:
        if self.guard.stdin is not None:
            self.guard.stdin.write(b".")  # asks for a graceful end (process_guard.py)
            self.guard.stdin.close()


async def launch_guarded(program: Program) -> Running:
    """Start a program under a guard of its own. Raises OSError."""
    guard = [sys.executable, "-I", "-S", process_guard.__file__, str(program.grace)]
    guard.append(str(program.lock or ""))
    with output_of(program) as output:
        started = await asyncio.create_subprocess_exec(
            *guard,
            *program.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=dict(program.environment),
            cwd=program.folder,
            # Signals of the terminal, such as Ctrl-C, are for the sandbox alone.
            start_new_session=True,
        )
    return _Guarded(started)


@contextmanager
def output_of(program: Program) -> Iterator[int]:
    """Open the log of a program, which only this user may read. Raises OSError."""
    descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
