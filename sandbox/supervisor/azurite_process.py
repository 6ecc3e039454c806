"""Azurite as a child process of the sandbox."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from sandbox.deployment import StorageAccount
from sandbox.state import State
from sandbox.storage import Azurite
from sandbox.supervisor.environment import minimal_environment
from sandbox.supervisor.ports import HeldPorts, is_taken
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program

# Azurite prints a lost blob with this prefix (sandbox/storage/azurite/damage.js).
_LOST = "lost: "
_TO_END = 10.0  # seconds until an Azurite without a port has ended, on a busy machine


class AzuriteEndedError(RuntimeError):
    """Azurite ended before it was ready."""


class PortLostError(AzuriteEndedError):
    """Another program took the port first."""


def azurites(
    accounts: Sequence[StorageAccount], state: State, held: HeldPorts
) -> tuple[Azurite, ...]:
    """Return each account of one Azurite, on a port of `held`, with its data in `state`."""
    if not accounts:
        return ()
    folder, port = state.folder("azurite"), held.take()
    return tuple(Azurite(each.name, each.host, folder, port) for each in accounts)


def azurite_program(
    accounts: Sequence[Azurite], state: State, damage: Callable[[], str]
) -> Program:
    """Return the program that runs the Azurite of `accounts`, of which there is at least one."""
    first, *others = accounts
    return Program(
        name="azurite",
        command=first.command(),
        environment={**minimal_environment(state.folder("home")), **first.environment(*others)},
        folder=state.root,
        log=state.folder("logs") / "azurite.log",
        lock=state.folder("run") / "azurite.lock",
        damage=damage,
    )


async def ready(containers: Mapping[Azurite, Collection[str]], child: Child) -> None:
    """Wait until each account of an Azurite has its containers, or Azurite has ended.

    Raises PortLostError, AzuriteEndedError, AzuriteError or aiohttp.ClientError.
    """
    preparing = asyncio.create_task(_prepared(containers))
    crashed = asyncio.create_task(child.crashed.wait())
    try:
        await asyncio.wait((preparing, crashed), return_when=asyncio.FIRST_COMPLETED)
        if preparing.done() and preparing.exception():
            # Another Azurite may have answered, while ours is about to end without its port.
            await asyncio.wait((crashed,), timeout=_TO_END)
        if crashed.done():
            raise _why(next(iter(containers)), child)
        await preparing
    finally:
        preparing.cancel()
        crashed.cancel()
        await asyncio.gather(preparing, crashed, return_exceptions=True)


def losses(child: Child) -> tuple[str, ...]:
    """Return a sentence for each blob that could not be read at the last start."""
    lines = child.output().splitlines()
    return tuple(line.removeprefix(_LOST) for line in lines if line.startswith(_LOST))


async def _prepared(containers: Mapping[Azurite, Collection[str]]) -> None:
    for azurite, names in containers.items():
        await azurite.wait()
        await azurite.prepare(names)


def _why(azurite: Azurite, child: Child) -> AzuriteEndedError:
    said, log = child.exit_reason, child.program.log
    if "EADDRINUSE" in said or is_taken(azurite.port):
        return PortLostError(f"Azurite cannot have port {azurite.port} (see {log})")
    return AzuriteEndedError(
        f"Azurite, which keeps its data in {azurite.folder}, ended at once: {said} (see {log})"
    )
