"""Runs the whole sandbox in one process, with Azurite and the services as its children."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Any

import aiohttp

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.state import State, StateError
from sandbox.supervisor.blobs import PortSnatchedError
from sandbox.supervisor.developer import AsDeveloper, Developer, SignInError
from sandbox.supervisor.elsewhere import Elsewhere
from sandbox.supervisor.endings import ENDINGS
from sandbox.supervisor.lock import TakenError, take
from sandbox.supervisor.look_after import look_after
from sandbox.supervisor.report import forget
from sandbox.supervisor.services import Project
from sandbox.supervisor.start import Endpoints, start
from sandbox.supervisor.watch import PATIENCE, Told, Watch

# Somebody may have taken the port that was free when it was chosen.
_TRIES = 3
_EXPECTED = (OSError, ValueError, KeyError, RuntimeError, sqlite3.Error, aiohttp.ClientError)


class StartError(RuntimeError):
    """Why the sandbox could not start, in one sentence."""


async def run(
    state: State,
    gallery_port: int | None,
    told: Told,
    project: Project,
    *,
    elsewhere: Elsewhere | None = None,
    as_developer: AsDeveloper | None = None,
    assumed: Assumptions = LIKELY,
    patience: float = PATIENCE,
) -> None:
    """Run until one of ENDINGS; `told` hears of each change. Raises StartError.

    The services of `project` are its children, unless they are `elsewhere`. They act as themselves,
    unless all run `as_developer`. They are overdue after `patience` seconds.

    The signals stay heard when it returns: the process that ran it is about to end.
    """
    begun = time.monotonic()
    stop = asyncio.Event()
    _hear(stop)
    try:
        state.check_room()
        take(state)
    except (TakenError, StateError) as error:
        raise StartError(f"{error}.") from error
    async with AsyncExitStack() as stack:
        stack.callback(forget, state)
        tried = _tried(
            stack,
            partial(
                start,
                state=state,
                gallery_port=gallery_port,
                elsewhere=elsewhere,
                assumed=assumed,
                damage=project.damage,
            ),
        )
        endpoints = await _started(tried, stop)
        if endpoints is not None:
            developer = None
            if as_developer is not None:
                there = endpoints.surroundings
                developer = Developer.of(as_developer.az, there.proxy, there.ca, state)
            watch = Watch(
                endpoints,
                state,
                begun,
                told,
                project.service,
                elsewhere=elsewhere,
                developer=developer,
                patience=patience,
            )
            try:
                await look_after(watch, stop, approve=bool(as_developer and as_developer.approve))
            except SignInError as error:
                raise StartError(str(error)) from error


def _hear(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def tell(*_: object) -> None:
        # Told again when all is done and the loop closed, there is nothing left to do.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    for number in ENDINGS:
        # What is ignored, as under nohup, was meant to be. Not the loop's add_signal_handler: the
        # loop's end would undo it, and a second `down` kill a process that has all but ended.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, tell)


async def _started(tried: Coroutine[Any, Any, Endpoints], stop: asyncio.Event) -> Endpoints | None:
    """Everything but the services; None if told to stop before. Raises StartError."""
    starting = asyncio.create_task(tried)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    starting.cancel()
    try:
        return await starting
    except asyncio.CancelledError:
        return None
    except _EXPECTED as error:
        said = error.args[0] if isinstance(error, KeyError) else error
        raise StartError(f"the sandbox cannot start: {said or type(error).__name__}") from error


async def _tried(
    stack: AsyncExitStack, begin: Callable[[AsyncExitStack], Awaitable[Endpoints]]
) -> Endpoints:
    for left in reversed(range(_TRIES)):
        async with AsyncExitStack() as attempt:
            try:
                endpoints = await begin(attempt)
            except PortSnatchedError:
                if not left:
                    raise
            else:
                stack.push_async_exit(attempt.pop_all())
                return endpoints
    raise AssertionError("the last try has an end of its own")
