"""Child processes of the sandbox, each under a process guard, and restarted after a crash."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.supervisor.exit_reason import exit_reason

_GUARD = Path(__file__).with_name("process_guard.py")
_RAN_WELL = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    """A program to run. `grace` is the seconds between SIGTERM and SIGKILL.

    `lock` is a file for a program that must run alone: it waits until the one of a killed sandbox
    has ended. `damage` is called after a crash: it names a broken file of the installation, or
    returns an empty text.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    log: Path
    grace: float = 10.0
    lock: Path | None = None
    damage: Callable[[], str] = lambda: ""


class Child:
    """One program that is kept running until it is stopped.

    `exit_reason` is the last line of its log before the last crash.
    """

    def __init__(
        self, program: Program, next_program: Callable[[Program], Program] | None = None
    ) -> None:
        """`next_program` returns the program for each restart, which may differ."""
        self.program = program
        self._next_program = next_program
        self.restarts = 0
        self.exit_reason = ""
        self.crashed = asyncio.Event()
        self._log_before = 0
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and restart it whenever it ends. Raises OSError if the first start fails."""
        first = asyncio.create_task(self._spawn())
        self._keeper = asyncio.create_task(self._keep(first))
        # A caller that cancels the start can still stop the process.
        await asyncio.shield(first)

    async def stop(self) -> None:
        """End it and everything that it has started; return when they are gone."""
        self._stopping.set()
        self._let_go()
        if self._keeper is not None:
            await self._keeper

    async def _spawn(self) -> None:
        program = self.program
        guard = [sys.executable, "-I", "-S", str(_GUARD), str(program.grace)]
        guard.append(str(program.lock or ""))
        descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_before = os.fstat(descriptor).st_size
        try:
            self._process = await asyncio.create_subprocess_exec(
                *guard,
                *program.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                env=dict(program.environment),
                cwd=program.folder,
                # Signals of the terminal, such as Ctrl-C, are for the sandbox alone.
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        if self._stopping.is_set():
            self._let_go()

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(b".")  # asks for a graceful end (process_guard.py)
            self._process.stdin.close()

    async def _keep(self, first: "asyncio.Task[None]") -> None:
        with suppress(OSError):
            await first
        in_a_row = 0
        while self._process is not None:
            begun = time.monotonic()
            status = await self._process.wait()
            if self._stopping.is_set():
                return
            in_a_row = 0 if time.monotonic() - begun > _RAN_WELL else in_a_row + 1
            self.exit_reason = await asyncio.to_thread(self._find_exit_reason)
            self.restarts += 1
            self.crashed.set()
            _log.warning("%s ended with status %s; starting it again", self.program.name, status)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _pause(in_a_row))
                return
            await self._again()

    def _find_exit_reason(self) -> str:
        return exit_reason(self.output(), self.program.damage)

    def output(self) -> str:
        """Return its log since its last start."""
        with suppress(OSError), self.program.log.open("rb") as log:
            log.seek(self._log_before)
            return log.read().decode(errors="replace")
        return ""

    async def _again(self) -> None:
        """Start it again; if that fails, as on a full disk, the next attempt may succeed."""
        if self._next_program is not None:
            self.program = self._next_program(self.program)
        try:
            await self._spawn()
        except OSError as error:
            _log.warning("%s cannot be started: %s", self.program.name, error)


def _pause(crashes: int) -> float:
    """Return the seconds before the next start, after so many crashes in a row."""
    return min(0.2 * 2.0 ** min(crashes, 10), 10)
