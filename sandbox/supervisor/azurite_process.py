"""Azurite as a child process of the sandbox."""

import asyncio
from collections.abc import Callable, Collection

from sandbox.state import PROJECT, State
from sandbox.storage import Azurite
from sandbox.supervisor.environment import minimal_environment
from sandbox.supervisor.processes import Child, Program
from sandbox.supervisor.services import is_taken

# Azurite prints a lost blob with this prefix (sandbox/storage/azurite/damage.js).
_LOST = "lost: "
_TO_END = 10.0  # seconds until an Azurite without a port has ended, on a busy machine


class AzuriteEndedError(RuntimeError):
    """Azurite ended before it was ready."""


class PortLostError(AzuriteEndedError):
    """Another program took the port first."""


def azurite_program(azurite: Azurite, state: State, damage: Callable[[], str]) -> Program:
    """Return the program that runs Azurite."""
    return Program(
        name="azurite",
        command=azurite.command(),
        environment={**minimal_environment(state.folder("home")), **azurite.environment()},
        folder=PROJECT,
        log=state.folder("logs") / "azurite.log",
        lock=state.folder("run") / "azurite.lock",
        damage=damage,
    )


async def ready(azurite: Azurite, child: Child, containers: Collection[str]) -> None:
    """Wait until Azurite has `containers`, or has ended.

    Raises PortLostError, AzuriteEndedError, AzuriteError or aiohttp.ClientError.
    """
    preparing = asyncio.create_task(_prepared(azurite, containers))
    crashed = asyncio.create_task(child.crashed.wait())
    try:
        await asyncio.wait((preparing, crashed), return_when=asyncio.FIRST_COMPLETED)
        if preparing.done() and preparing.exception():
            # Another Azurite may have answered, while ours is about to end without its port.
            await asyncio.wait((crashed,), timeout=_TO_END)
        if crashed.done():
            raise _why(azurite, child)
        await preparing
    finally:
        preparing.cancel()
        crashed.cancel()
        await asyncio.gather(preparing, crashed, return_exceptions=True)


def losses(child: Child) -> tuple[str, ...]:
    """Return a sentence for each blob that could not be read at the last start."""
    lines = child.output().splitlines()
    return tuple(line.removeprefix(_LOST) for line in lines if line.startswith(_LOST))


async def _prepared(azurite: Azurite, containers: Collection[str]) -> None:
    await azurite.wait()
    await azurite.prepare(containers)


def _why(azurite: Azurite, child: Child) -> AzuriteEndedError:
    said, log = child.exit_reason, child.program.log
    if "EADDRINUSE" in said or is_taken(azurite.port):
        return PortLostError(f"Azurite cannot have port {azurite.port} (see {log})")
    return AzuriteEndedError(
        f"Azurite, which keeps its data in {azurite.folder}, ended at once: {said} (see {log})"
    )
