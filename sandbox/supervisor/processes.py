"""Child processes of the sandbox, each restarted after a crash."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sandbox.supervisor.exit_reason import exit_reason
from sandbox.supervisor.program import Launch, Program, Running, launch_guarded

_RAN_WELL = 10.0
_log = logging.getLogger(__name__)


class Child:
    """One program that is kept running until it is stopped.

    `exit_reason` is the last line of its log before the last crash.
    """

    def __init__(
        self,
        program: Program,
        next_program: Callable[[Program], Program] | None = None,
        launch: Launch = launch_guarded,
    ) -> None:
        """`next_program` returns the program for each restart, which may differ."""
        self.program = program
        self._next_program = next_program
        self._launch = launch
        self.restarts = 0
        self.exit_reason = ""
        self.crashed = asyncio.Event()
        self._log_before = 0
        self._stopping = asyncio.Event()
        self._running: Running | None = None
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
        self._log_before = _size(self.program.log)
        self._running = await self._launch(self.program)
        if self._stopping.is_set():
            self._let_go()

    def _let_go(self) -> None:
        if self._running is not None:
            self._running.end()

    async def _keep(self, first: "asyncio.Task[None]") -> None:
        with suppress(OSError):
            await first
        in_a_row = 0
        while self._running is not None:
            begun = time.monotonic()
            status = await self._running.wait()
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


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _pause(crashes: int) -> float:
    """Return the seconds before the next start, after so many crashes in a row."""
    return min(0.2 * 2.0 ** min(crashes, 10), 10)
