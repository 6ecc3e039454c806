"""A socket on loopback whose connections are each handed, raw, to a coroutine of their own."""

import asyncio
import contextlib
import socket
import weakref
from collections.abc import Awaitable, Callable

LOOPBACK = "127.0.0.1"

_PAUSE = 0.1

Serve = Callable[[socket.socket], Awaitable[asyncio.Transport | None]]


class Listener:
    """Accepts connections until it is stopped, and then leaves none behind."""

    def __init__(self, serve: Serve) -> None:
        """`serve` gives the transport that it made of its socket, or None to have it closed."""
        self._serve = serve
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    def start(self, port: int = 0, address: str = LOOPBACK) -> int:
        """Listen on `port`, or on a free one, which is returned. Raises OSError if it is taken."""
        self._socket = socket.create_server((address, port), backlog=256)
        self._socket.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(self._socket))
        return int(self._socket.getsockname()[1])

    async def close(self) -> None:
        """Accept nobody any more; connections that there are go on."""
        if self._accepting is not None and self._socket is not None:
            await _cancel(self._accepting)
            self._socket.close()

    async def stop(self) -> None:
        """Close the port and every connection, those in the middle of a handshake too."""
        await self.close()
        await _cancel(*self._tasks)
        for transport in list(self._transports):
            transport.abort()

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            except OSError:
                # No descriptor is free, or the client has gone: neither is a reason to end.
                await asyncio.sleep(_PAUSE)
                continue
            task = asyncio.create_task(self._hand_over(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _hand_over(self, connection: socket.socket) -> None:
        transport = None
        # An OSError means that the client has gone: there is nobody left to tell.
        with contextlib.suppress(OSError):
            try:
                connection.setblocking(False)
                transport = await self._serve(connection)
            finally:
                if transport is None:
                    connection.close()
        if transport is not None:
            self._transports.add(transport)


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
