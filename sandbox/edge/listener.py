"""A listening socket on loopback or a private network, with a coroutine per connection."""

import asyncio
import contextlib
import socket
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address

from sandbox.commands import LOOPBACK

_PAUSE = 0.1
_BACKLOG = 256

Serve = Callable[[socket.socket], Awaitable[asyncio.Transport | None]]


@dataclass(frozen=True)
class Address:
    """A port of a host; as text, the address of its web site."""

    port: int
    host: str = LOOPBACK

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}"


class Listener:
    """Accepts connections until it is stopped, and then closes them all."""

    def __init__(self, serve: Serve) -> None:
        """`serve` returns a transport for its socket, or None to close it."""
        self._serve = serve
        self._socket: socket.socket | None = None
        self._held: socket.socket | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._tasks: dict[asyncio.Task[None], socket.socket] = {}
        self._transports: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    def start(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Listen on `port`, or on a free one if it is 0; return the port.

        If `port` is taken, raises OSError, or with `fallback` takes a free one. Connections to a
        public address of this machine are closed, even if `address` includes it.
        """
        try:
            self._socket = socket.create_server((address, port), backlog=_BACKLOG)
        except OSError:
            if not fallback:
                raise
            self._socket = socket.create_server((address, 0), backlog=_BACKLOG)
        self._socket.setblocking(False)
        self._listen(self._socket)
        return int(self._socket.getsockname()[1])

    def refuse(self) -> None:
        """Have the system refuse connections, and close the open ones; the port stays taken."""
        if self._socket is None:
            return
        address = self._socket.getsockname()
        self.close()
        for transport in list(self._transports):
            transport.abort()
        # A socket that is bound and does not listen.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.setblocking(False)
        self._held.bind(address)
        # Another program could share the port otherwise, as long as nothing listens.
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)

    def accept_again(self) -> None:
        """Accept connections after `refuse`."""
        if self._held is not None:
            self._socket, self._held = self._held, None
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.listen(_BACKLOG)
            self._listen(self._socket)

    def close(self) -> None:
        """Stop accepting; open connections continue."""
        if self._held is not None:
            self._held.close()
            self._held = None
        if self._pause is not None:
            self._pause.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    async def stop(self) -> None:
        """Close the port and every connection, including those in a handshake."""
        self.close()
        # Cancelling a handshake that asyncio has not begun would leak its socket. A shutdown looks
        # like a client that disconnects.
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
            # No file descriptor is free: pause until some are.
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
        # An OSError means that the client has disconnected.
        with contextlib.suppress(OSError):
            try:
                connection.setblocking(False)
                transport = await self._serve(connection)
            finally:
                if transport is None:
                    connection.close()
        if transport is not None:
            self._transports.add(transport)
