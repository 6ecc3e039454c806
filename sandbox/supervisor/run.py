"""Runs the whole sandbox in one process, with Azurite and the services as its children."""

import asyncio
import gc
import signal
import sqlite3
import time
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.commands import END_SIGNALS
from sandbox.lock import TakenError, take
from sandbox.state import State, StateError
from sandbox.supervisor.azurite_process import PortLostError
from sandbox.supervisor.developer import AsDeveloper, Developer, SignInError
from sandbox.supervisor.options import Options
from sandbox.supervisor.report import OnReport, forget
from sandbox.supervisor.start import start

if TYPE_CHECKING:
    from sandbox.supervisor.endpoints import Endpoints
    from sandbox.supervisor.environment import ServiceEnvironment
    from sandbox.supervisor.watch import Watch

T = TypeVar("T")

# Another program may take a free port between its choice and its use.
_TRIES = 3
_EXPECTED = (OSError, ValueError, KeyError, RuntimeError, sqlite3.Error)


class StartError(RuntimeError):
    """The sandbox could not start; the message is one sentence."""


async def run(state: State, options: Options, on_report: OnReport) -> None:
    """Run until one of END_SIGNALS; call `on_report` with each change. Raises StartError.

    The signal handlers stay when it returns, since its process is about to end.
    """
    begun = time.monotonic()
    stop = asyncio.Event()
    _set_on_signals(stop)
    _take(state)
    async with AsyncExitStack() as stack:
        forget(state)  # what a killed sandbox has left
        stack.callback(forget, state)
        with _nothing_collected():
            endpoints = await _started(_tried(stack, state, options), stop)
        if endpoints is not None:
            watch = _watch(endpoints, state, options, begun, on_report)
            approve = bool(options.as_developer and options.as_developer.approve)
            await _look_after(watch, stop, approve=approve)


def _take(state: State) -> None:
    """Take the state for this process. Raises StartError if another has it, or its disk is full."""
    try:
        state.check_room()
        take(state)
    except (TakenError, StateError) as error:
        raise StartError(f"{error}.") from error


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Turn the garbage collector off for the block, whose objects it never visits afterwards.

    The modules and objects of a start stay until the end, so each collection would be in vain.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _watch(
    endpoints: "Endpoints", state: State, options: Options, begun: float, on_report: OnReport
) -> "Watch":
    """Return the watch over the services, which the commands of the control channel change."""
    from sandbox.supervisor.apply import Apply  # noqa: PLC0415
    from sandbox.supervisor.watch import Watch  # noqa: PLC0415

    watch = Watch(
        endpoints,
        state,
        begun,
        on_report,
        options.project.service,
        remote=options.remote,
        developer=_developer(endpoints.environment, state, options.as_developer),
        only=options.only,
        patience=options.patience,
    )
    apply = Apply(endpoints, watch, state)
    endpoints.control.on("apply", apply)
    endpoints.control.on("compare", apply.compare)
    return watch


def _developer(
    environment: "ServiceEnvironment", state: State, wanted: AsDeveloper | None
) -> Developer | None:
    if wanted is None:
        return None
    return Developer.of(wanted.az, environment.proxy, environment.ca, state)


async def _look_after(watch: "Watch", stop: asyncio.Event, *, approve: bool) -> None:
    """Sign in, run the services until `stop`, and end them. Raises StartError.

    With `approve`, the sandbox approves the sign-in. Services end before the planes that they use.
    """
    try:
        if not await _finished(stop, watch.sign_in(approve)):
            return
        from aiohttp import ClientSession, ClientTimeout  # noqa: PLC0415

        await watch.start()
        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            while not stop.is_set():
                pause = await watch.look(session)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
    except SignInError as error:
        raise StartError(str(error)) from error
    finally:
        await watch.stop()


async def _finished(stop: asyncio.Event, doing: Coroutine[Any, Any, None]) -> bool:
    """Run `doing` until it ends or `stop` is set; return whether it has ended."""
    task = await _ended(stop, doing)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


async def _ended(stop: asyncio.Event, doing: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
    """Run `doing` until it ends, or cancel it once `stop` is set; return its task."""
    task = asyncio.create_task(doing)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    task.cancel()
    return task


def _set_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def set_stop(*_: object) -> None:
        # RuntimeError: a second signal came after the loop was closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    for number in END_SIGNALS:
        # An ignored signal, as under nohup, stays ignored. Not the loop's add_signal_handler: the
        # loop's end would undo it, and a second `down` would kill a process that is almost done.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, set_stop)


async def _started(
    tried: "Coroutine[Any, Any, Endpoints]", stop: asyncio.Event
) -> "Endpoints | None":
    """Return the started endpoints; None if `stop` came first. Raises StartError."""
    starting = await _ended(stop, tried)
    from aiohttp import ClientError  # noqa: PLC0415

    try:
        return await starting
    except asyncio.CancelledError:
        return None
    except (*_EXPECTED, ClientError) as error:
        reason = error.args[0] if isinstance(error, KeyError) else error
        raise StartError(f"the sandbox cannot start: {reason or type(error).__name__}") from error


async def _tried(stack: AsyncExitStack, state: State, options: Options) -> "Endpoints":
    """Start the endpoints, again if another program took Azurite's port. Raises as `start`."""
    for left in reversed(range(_TRIES)):
        async with AsyncExitStack() as attempt:
            try:
                endpoints = await start(attempt, state, options)
            except PortLostError:
                if not left:
                    raise
            else:
                stack.push_async_exit(attempt.pop_all())
                return endpoints
    raise AssertionError("the last try has an end of its own")
