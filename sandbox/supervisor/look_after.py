"""From the sign-in of whom the services act as to the end of the services."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import aiohttp

from sandbox.supervisor.watch import Watch


async def look_after(watch: Watch, stop: asyncio.Event, approve: bool = False) -> None:
    """Until told to stop; the services end before what they talk to. Raises SignInError.

    Whom they act as signs in first; with `approve` without being asked.
    """
    try:
        if not await _before(stop, watch.sign_in(approve)):
            return
        await watch.start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while not stop.is_set():
                pause = await watch.look(session)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
    finally:
        await watch.stop()


async def _before(stop: asyncio.Event, doing: Coroutine[Any, Any, None]) -> bool:
    """Whether `doing` has come to its end before it was told to stop."""
    done = asyncio.create_task(doing)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((done, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    done.cancel()
    try:
        await done
    except asyncio.CancelledError:
        return False
    return True
