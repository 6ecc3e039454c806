"""The CONNECT proxy: a tunnel to a known host ends, in this process, in that host's application."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from sandbox.audit import Gate
from sandbox.edge.certificates import Certificate
from sandbox.edge.connect import PORT, Refusal, host_asked_for
from sandbox.edge.guard import Names
from sandbox.edge.head import farewell, read_head
from sandbox.edge.listener import Listener
from sandbox.edge.serving import runner, server_of

_PATIENCE = 10.0
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True)
class _Host:
    runner: web.AppRunner
    context: ssl.SSLContext


class Edge:
    """Routes each host name of the deployment to its application, and refuses every other."""

    def __init__(
        self, routes: Mapping[str, web.Application], certificate: Certificate, gate: Gate
    ) -> None:
        """Each host has an application of its own, which nobody else has started."""
        self._routes = {host.lower(): application for host, application in routes.items()}
        self._certificate = certificate
        self._gate = gate
        self._hosts: dict[str, _Host] = {}
        self._listener = Listener(self._serve)

    async def start(self, port: int = 0, patience: float = _PATIENCE) -> int:
        """Start the applications, then listen on 127.0.0.1; gives the port.

        `patience` in seconds is for a head, and for a handshake. Raises OSError if the port is
        taken, and what an application's own start raises; then `stop` still has to be called.
        """
        self._patience = patience
        for host, application in self._routes.items():
            names = Names(frozenset({host}), port=PORT, others=self._routes.keys())
            started = await runner(application, names, self._gate)
            self._hosts[host] = _Host(started, self._context(host))
        return self._listener.start(port)

    async def stop(self) -> None:
        """Close the port, let what is under way end within a second or two, and leave nothing."""
        await self._listener.close()
        await asyncio.gather(*(each.runner.cleanup() for each in self._hosts.values()))
        await self._listener.stop()

    def _context(self, host: str) -> ssl.SSLContext:
        def serves(name: str | None) -> bool:
            if name is not None and name.lower() == host:
                return True
            self._gate.refuse("edge", "TLS", f"SNI {name or 'missing'} in a tunnel to {host}")
            return False

        context = self._certificate.server_context(serves)
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def _serve(self, connection: socket.socket) -> asyncio.Transport | None:
        try:
            host = await self._host_asked_for(connection)
        except Refusal as refusal:
            self._gate.refuse("edge", "CONNECT", refusal.reason)
            await farewell(connection, self._answer(refusal))
            return None
        return await self._upgrade(connection, self._hosts[host])

    async def _host_asked_for(self, connection: socket.socket) -> str:
        try:
            async with asyncio.timeout(self._patience):
                host = host_asked_for(await read_head(connection), self._hosts)
                await asyncio.get_running_loop().sock_sendall(connection, _ESTABLISHED)
                return host
        except TimeoutError as error:
            raise Refusal(408, "The head of the request did not end in time.") from error

    async def _upgrade(self, connection: socket.socket, host: _Host) -> asyncio.Transport:
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                server_of(host.runner),
                connection,
                ssl=host.context,
                ssl_handshake_timeout=self._patience,
            )
        except ssl.SSLError as error:
            # What this side refused has been put on record by its own reason.
            if "ALERT" in (error.reason or ""):
                self._gate.refuse("edge", "TLS", f"the client gave up: {error.reason}")
            raise
        return transport

    def _answer(self, refusal: Refusal) -> bytes:
        known = "\n".join(f"  {host}:{PORT}" for host in sorted(self._hosts))
        text = f"{refusal.reason}\nThe sandbox opens tunnels, by CONNECT, to:\n{known}\n"
        allow = "Allow: CONNECT\r\n" if refusal.status == 405 else ""
        phrase = HTTPStatus(refusal.status).phrase
        return (
            f"HTTP/1.1 {refusal.status} {phrase}\r\nContent-Type: text/plain\r\n{allow}"
            f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"
        ).encode("ascii")
