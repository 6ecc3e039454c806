"""Child processes of the sandbox: started on a leash, started again when they crash."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.supervisor.last_words import last_words

_LEASH = Path(__file__).with_name("leash.py")
_RAN_WELL = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    """What to run. `grace` is how many seconds it gets to end by itself when told to.

    `lock` is a file for a program that must be alone: it waits for the last one of a sandbox that
    was killed. `damage` is called when it has ended by itself: it names what of the installation is
    broken, or returns an empty text.
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

    `last_words` are the end of what it wrote before it crashed last, on one line.
    """

    def __init__(self, program: Program, anew: Callable[[Program], Program] | None = None) -> None:
        """`anew` is asked before each further start, which may have to be a little different."""
        self.program = program
        self._anew = anew
        self.restarts = 0
        self.last_words = ""
        self.crashed = asyncio.Event()
        self._log_before = 0
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and again whenever it ends. Raises OSError if it cannot be started at all."""
        first = asyncio.create_task(self._spawn())
        self._keeper = asyncio.create_task(self._keep(first))
        # Whoever gives up on the start must still be able to stop what has been started.
        await asyncio.shield(first)

    async def stop(self) -> None:
        """End it and everything that it has started; returns when they are gone."""
        self._stopping.set()
        self._let_go()
        if self._keeper is not None:
            await self._keeper

    async def _spawn(self) -> None:
        program = self.program
        leash = [sys.executable, "-I", "-S", str(_LEASH), str(program.grace)]
        leash.append(str(program.lock or ""))
        descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_before = os.fstat(descriptor).st_size
        try:
            self._process = await asyncio.create_subprocess_exec(
                *leash,
                *program.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                env=dict(program.environment),
                cwd=program.folder,
                # What the terminal signals, Ctrl-C or its own end, is for the sandbox alone.
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        if self._stopping.is_set():
            self._let_go()

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(b".")  # a word: whoever is killed lets go without one
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
            self.last_words = await asyncio.to_thread(self._last_words)
            self.restarts += 1
            self.crashed.set()
            _log.warning("%s ended with status %s; starting it again", self.program.name, status)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(0.2 * 2**in_a_row, 10))
                return
            await self._again()

    def _last_words(self) -> str:
        return last_words(self.said(), self.program.damage)

    def said(self) -> str:
        """Return what it has written to its log since it was started last."""
        with suppress(OSError), self.program.log.open("rb") as log:
            log.seek(self._log_before)
            return log.read().decode(errors="replace")
        return ""

    async def _again(self) -> None:
        """A disk that is full, or a machine out of processes, may be better at the next try."""
        if self._anew is not None:
            self.program = self._anew(self.program)
        try:
            await self._spawn()
        except OSError as error:
            _log.warning("%s cannot be started: %s", self.program.name, error)
