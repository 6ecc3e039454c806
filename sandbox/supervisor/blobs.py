"""Azurite as a child of the sandbox: how it is run, and how one waits for it."""

import asyncio
from collections.abc import Callable, Collection

from sandbox.state import PROJECT, State
from sandbox.storage import Azurite
from sandbox.supervisor.processes import Child, Program
from sandbox.supervisor.services import is_taken
from sandbox.supervisor.surroundings import of_any_process

# How Azurite tells it (sandbox/storage/azurite/damage.js).
_LOST = "lost: "
_TO_END = 10.0  # seconds that one without a port may take until it has ended, on a busy machine


class AzuriteEndedError(RuntimeError):
    """Azurite came to its end while it was waited for."""


class PortSnatchedError(AzuriteEndedError):
    """It could not have its port: somebody else was quicker."""


def azurite_program(azurite: Azurite, state: State, damage: Callable[[], str]) -> Program:
    """How Azurite is run."""
    return Program(
        name="azurite",
        command=azurite.command(),
        environment={**of_any_process(state.folder("home")), **azurite.environment()},
        folder=PROJECT,
        log=state.folder("logs") / "azurite.log",
        lock=state.folder("run") / "azurite.lock",
        damage=damage,
    )


async def ready(azurite: Azurite, child: Child, containers: Collection[str]) -> None:
    """Wait until it holds `containers`, but not for one that has ended.

    Raises PortSnatchedError, AzuriteEndedError, AzuriteError or aiohttp.ClientError.
    """
    preparing = asyncio.create_task(_prepared(azurite, containers))
    crashed = asyncio.create_task(child.crashed.wait())
    try:
        await asyncio.wait((preparing, crashed), return_when=asyncio.FIRST_COMPLETED)
        if preparing.done() and preparing.exception():
            # Perhaps another's Azurite answered, and ours is about to end for want of its port.
            await asyncio.wait((crashed,), timeout=_TO_END)
        if crashed.done():
            raise _why(azurite, child)
        await preparing
    finally:
        preparing.cancel()
        crashed.cancel()
        await asyncio.gather(preparing, crashed, return_exceptions=True)


def losses(child: Child) -> tuple[str, ...]:
    """Return, in sentences, what of the blobs could not be read at the last start."""
    lines = child.said().splitlines()
    return tuple(line.removeprefix(_LOST) for line in lines if line.startswith(_LOST))


async def _prepared(azurite: Azurite, containers: Collection[str]) -> None:
    await azurite.wait()
    await azurite.prepare(containers)


def _why(azurite: Azurite, child: Child) -> AzuriteEndedError:
    said, log = child.last_words, child.program.log
    if "EADDRINUSE" in said or is_taken(azurite.port):
        return PortSnatchedError(f"Azurite cannot have port {azurite.port} (see {log})")
    return AzuriteEndedError(
        f"Azurite, which keeps its data in {azurite.folder}, ended at once: {said} (see {log})"
    )
