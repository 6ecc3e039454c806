"""A socket whose connections are each handed, raw, to a coroutine of their own.

It is on loopback, or on the private networks of a container.
"""

import asyncio
import contextlib
import socket
import weakref
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

LOOPBACK = "127.0.0.1"

_PAUSE = 0.1

Serve = Callable[[socket.socket], Awaitable[asyncio.Transport | None]]


class Listener:
    """Accepts connections until it is stopped, and then leaves none behind."""

    def __init__(self, serve: Serve) -> None:
        """`serve` gives the transport that it made of its socket, or None to have it closed."""
        self._serve = serve
        self._socket: socket.socket | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._tasks: dict[asyncio.Task[None], socket.socket] = {}
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    def start(self, port: int = 0, address: str = LOOPBACK, *, else_any: bool = False) -> int:
        """Listen on `port`, or on a free one, which is returned.

        With `else_any` a free one will do where `port` is taken; without it, raises OSError.
        Whatever `address` says, nobody is heard who comes to a public address of this machine.
        """
        try:
            self._socket = socket.create_server((address, port), backlog=256)
        except OSError:
            if not else_any:
                raise
            self._socket = socket.create_server((address, 0), backlog=256)
        self._socket.setblocking(False)
        self._listen(self._socket)
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Accept nobody any more; connections that there are go on."""
        if self._pause is not None:
            self._pause.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    async def stop(self) -> None:
        """Close the port and every connection, those in the middle of a handshake too."""
        self.close()
        # To cancel a handshake that asyncio has not begun would leave its socket to nobody; what
        # reads the end of its connection goes the way of a client that has left.
        for connection in self._tasks.values():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in list(self._transports):
            transport.abort()

    def _listen(self, listener: socket.socket) -> None:
        asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            # No descriptor is free: whoever knocks has to wait until some are.
            loop = asyncio.get_running_loop()
            loop.remove_reader(listener)
            self._pause = loop.call_later(_PAUSE, self._listen, listener)
            return
        if ip_address(connection.getsockname()[0]).is_global:
            connection.close()
            return
        task = asyncio.create_task(self._hand_over(connection))
        self._tasks[task] = connection
        task.add_done_callback(self._tasks.pop)

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
