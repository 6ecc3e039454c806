"""Plain HTTP listeners, for browsers, which do not trust the sandbox's certificate."""

import asyncio
import socket
from collections.abc import Iterable

from aiohttp import web

from sandbox.audit import Gate
from sandbox.commands import LOOPBACK
from sandbox.edge.host_header import Names
from sandbox.edge.listener import Listener
from sandbox.edge.site import Site


class HttpListener:
    """Serves one application on a port of its own."""

    def __init__(self, application: web.Application, gate: Gate, hosts: Iterable[str] = ()) -> None:
        """`hosts` are its names besides loopback's.

        Other names are refused: by DNS rebinding, another site's page could read the answers.
        """
        names = Names(frozenset({LOOPBACK, "localhost", *(each.lower() for each in hosts)}))
        self._site = Site(application, names, gate)
        self._listener = Listener(self._serve)

    async def start(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Start the application, then listen as `Listener.start` does; return the port.

        Raises OSError if the port is taken, and the errors of the application's start.
        """
        await self._site.start()
        return self._listener.start(port, address, fallback=fallback)

    def refuse(self) -> None:
        """Have the system refuse connections, and close the open ones; the port stays taken."""
        self._listener.refuse()

    def accept_again(self) -> None:
        """Accept connections after `refuse`."""
        self._listener.accept_again()

    async def stop(self) -> None:
        """Close the port, give open requests a second or two, and close all connections."""
        self._listener.close()
        await self._site.stop()
        await self._listener.stop()

    async def _serve(self, connection: socket.socket) -> asyncio.Transport:
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            self._site.protocol, connection
        )
        return transport
