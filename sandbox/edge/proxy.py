"""The CONNECT proxy: a tunnel to a known host ends in that host's application, in this process."""

import asyncio
import socket
import ssl
from collections.abc import Mapping

from aiohttp import web

from sandbox.audit import Gate
from sandbox.edge.certificates import Certificate
from sandbox.edge.connect import PORT, ConnectError, answer_to, host_asked_for
from sandbox.edge.host_header import Names
from sandbox.edge.listener import LOOPBACK, Listener
from sandbox.edge.request_head import read_head, send_and_drain
from sandbox.edge.site import Site

_PATIENCE = 10.0
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Edge:
    """Routes each host name of the deployment to its application, and refuses every other."""

    def __init__(
        self,
        routes: Mapping[str, web.Application],
        certificate: Certificate,
        gate: Gate,
        patience: float = _PATIENCE,
    ) -> None:
        """Each host has its own application, which the edge starts.

        `patience` is the time limit in seconds for a request's head, and again for a handshake.
        """
        hosts = {host.lower(): application for host, application in routes.items()}
        self._sites = {
            host: Site(application, Names(frozenset({host}), PORT, hosts.keys()), gate)
            for host, application in hosts.items()
        }
        self._certificate = certificate
        self._gate = gate
        self._patience = patience
        self._listener = Listener(self._serve)

    async def start(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Start the applications, then listen as `Listener.start` does; return the port.

        Raises OSError if the port is taken, and the errors of an application's start. Call `stop`
        even then.
        """
        for site in self._sites.values():
            await site.start()
        return self._listener.start(port, address, fallback=fallback)

    async def stop(self) -> None:
        """Close the port, give open requests a second or two, and close all connections."""
        self._listener.close()
        await asyncio.gather(*(site.stop() for site in self._sites.values()))
        await self._listener.stop()

    async def _serve(self, connection: socket.socket) -> asyncio.Transport | None:
        try:
            host = await self._host_asked_for(connection)
        except ConnectError as refusal:
            self._gate.refuse("edge", "CONNECT", refusal.reason)
            await send_and_drain(connection, answer_to(refusal, self._sites))
            return None
        return await self._upgrade(connection, host)

    async def _host_asked_for(self, connection: socket.socket) -> str:
        try:
            async with asyncio.timeout(self._patience):
                host = host_asked_for(await read_head(connection), self._sites)
                await asyncio.get_running_loop().sock_sendall(connection, _ESTABLISHED)
                return host
        except TimeoutError as error:
            raise ConnectError(408, "The head of the request did not end in time.") from error

    async def _upgrade(self, connection: socket.socket, host: str) -> asyncio.Transport:
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                self._sites[host].protocol,
                connection,
                ssl=self._context(host),
                ssl_handshake_timeout=self._patience,
            )
        except ssl.SSLError as error:
            # A refusal by this side has already been recorded.
            if "ALERT" in (error.reason or ""):
                self._gate.refuse("edge", f"TLS {host}", f"the client gave up: {error.reason}")
            raise
        return transport

    def _context(self, host: str) -> ssl.SSLContext:
        """Return a context for one tunnel: TLS 1.2 hides the SNI of a resumed session."""

        def serves(name: str | None) -> bool:
            if name is not None and name.lower() == host:
                return True
            self._gate.refuse("edge", f"TLS {host}", f"the SNI is {name or 'missing'}")
            return False

        context = self._certificate.server_context(serves)
        context.set_alpn_protocols(["http/1.1"])
        return context
