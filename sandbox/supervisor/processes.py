"""Child processes of the sandbox: started on a leash, started again when they crash."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_LEASH = Path(__file__).with_name("leash.py")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    """What to run. `grace` is how many seconds it gets to end by itself when told to."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    log: Path
    grace: float = 10.0


class Child:
    """One program that is kept running until it is stopped."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.restarts = 0
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and again whenever it ends. Raises OSError if it cannot be started at all."""
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it and everything that it has started; returns when they are gone."""
        self._stopping.set()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._keeper is not None:
            await self._keeper

    async def _spawn(self) -> None:
        program = self.program
        leash = [sys.executable, "-I", "-S", str(_LEASH), str(program.grace)]
        descriptor = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *leash,
                *program.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=descriptor,
                stderr=descriptor,
                env=dict(program.environment),
                cwd=program.folder,
            )
        finally:
            os.close(descriptor)

    async def _keep(self) -> None:
        while True:
            status = await self._ended()
            if self._stopping.is_set():
                return
            self.restarts += 1
            _log.warning("%s ended with status %s; starting it again", self.program.name, status)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(0.2 * 2**self.restarts, 10))
                return
            await self._spawn()

    async def _ended(self) -> int:
        assert self._process is not None  # noqa: S101 - only asked after a start
        return await self._process.wait()
