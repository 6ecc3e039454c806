"""Plain HTTP, for a browser that would not trust the sandbox's certificate."""

import asyncio
import socket
from collections.abc import Iterable

from aiohttp import web

from sandbox.audit import Gate
from sandbox.edge.guard import Names
from sandbox.edge.listener import LOOPBACK, Listener
from sandbox.edge.serving import Site


class HttpListener:
    """Serves one application on a port of its own."""

    def __init__(self, application: web.Application, gate: Gate, hosts: Iterable[str] = ()) -> None:
        """`hosts` are the names it answers to, beside loopback's.

        Any other is refused, or a page from elsewhere could have its own name lead here (DNS
        rebinding) and read what is answered.
        """
        names = Names(frozenset({LOOPBACK, "localhost", *(each.lower() for each in hosts)}))
        self._site = Site(application, names, gate)
        self._listener = Listener(self._serve)

    async def start(self, port: int = 0, address: str = LOOPBACK, *, else_any: bool = False) -> int:
        """Start the application, then listen as `Listener.start` does; gives the port.

        Raises OSError if the port is taken, and what the application's own start raises.
        """
        await self._site.start()
        return self._listener.start(port, address, else_any=else_any)

    async def stop(self) -> None:
        """Close the port, let what is under way end within a second or two, and leave nothing."""
        self._listener.close()
        await self._site.stop()
        await self._listener.stop()

    async def _serve(self, connection: socket.socket) -> asyncio.Transport:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            self._site.protocol, connection
        )
        return transport
