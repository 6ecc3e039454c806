"""Runs the whole sandbox in one process, with Azurite and the services as its children."""

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from sandbox.state import State
from sandbox.supervisor.report import forget
from sandbox.supervisor.start import start
from sandbox.supervisor.watch import Told, Watch, look_after


class StartError(RuntimeError):
    """Why the sandbox could not start, in one sentence."""


async def run(state: State, gallery_port: int | None, told: Told) -> None:
    """Run until SIGINT or SIGTERM; `told` hears of each change. Raises StartError."""
    begun = time.monotonic()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _alone(state):
        async with AsyncExitStack() as stack:
            try:
                endpoints = await start(stack, state, gallery_port)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                raise StartError(f"the sandbox cannot start: {error}") from error
            stack.callback(forget, state)
            await look_after(Watch(endpoints, state, begun, told), stop)


@contextmanager
def _alone(state: State) -> Iterator[None]:
    """One sandbox a state folder; the lock goes with the process, however it ends."""
    descriptor = os.open(state.path("lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartError(f"a sandbox is already running on {state.root}.") from None
    else:
        yield
    finally:
        os.close(descriptor)
