"""The CONNECT proxy: a tunnel to a known host ends in that host's application, in this process.

Clients that know no proxy reach the same applications by TLS.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import web

from sandbox.audit import Gate
from sandbox.commands import LOOPBACK
from sandbox.edge.beyond import Beyond
from sandbox.edge.certificates import Certificate
from sandbox.edge.connect import PORT, ConnectError, Target, answer_to, target_asked_for
from sandbox.edge.host_header import Names
from sandbox.edge.listener import Listener
from sandbox.edge.request_head import read_head, send_and_drain
from sandbox.edge.site import Site
from sandbox.edge.tls_listener import TlsListener

_PATIENCE = 10.0
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
# A client sends its key only after a 407, and another machine's silence is no decision of ours.
_NO_REFUSALS = frozenset({407, 502})


def reach_all(_: str) -> str:
    """Reach every host."""
    return ""


class Edge:
    """Routes each host name of the deployment to its application, and refuses every other."""

    def __init__(
        self,
        routes: Mapping[str, web.Application],
        certificate: Certificate,
        gate: Gate,
        patience: float = _PATIENCE,
        unreachable: Callable[[str], str] = reach_all,
    ) -> None:
        """Each host has its own application, which the edge starts.

        `patience` is the time limit in seconds for a request's head, and again for a handshake.
        `unreachable` tells why a host cannot be reached now; empty if it can be.
        """
        hosts = {host.lower(): application for host, application in routes.items()}
        self._sites = {
            host: Site(application, Names(frozenset({host}), PORT, hosts.keys()), gate)
            for host, application in hosts.items()
        }
        self._certificate = certificate
        self._gate = gate
        self._patience = patience
        self._unreachable = unreachable
        self._listener = Listener(partial(self._serve, None))
        self._tls = TlsListener(self._reached, certificate, gate, patience)
        self._for_shells: Listener | None = None

    async def start(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Start the applications, then listen as `Listener.start` does; return the port.

        Raises OSError if the port is taken, and the errors of an application's start. Call `stop`
        even then.
        """
        for site in self._sites.values():
            await site.start()
        return self._listener.start(port, address, fallback=fallback)

    def start_tls(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Listen as `Listener.start` does for clients that use no proxy; return the port.

        Call it after `start`. Raises OSError if the port is taken.
        """
        return self._tls.start(port, address, fallback=fallback)

    def start_for_shells(self, beyond: Beyond, port: int = 0) -> int:
        """Listen on loopback for clients that also go `beyond` these hosts; return the port.

        It is a free one if `port` is 0 or taken.
        """
        self._for_shells = Listener(partial(self._serve, beyond))
        return self._for_shells.start(port, fallback=True)

    async def stop(self) -> None:
        """Close the ports, give open requests a second or two, and close all connections."""
        listeners: list[Listener | TlsListener] = [self._listener, self._tls]
        if self._for_shells is not None:
            listeners.append(self._for_shells)
        for each in listeners:
            each.close()
        await asyncio.gather(*(site.stop() for site in self._sites.values()))
        await asyncio.gather(*(each.stop() for each in listeners))

    async def _serve(
        self, beyond: Beyond | None, connection: socket.socket
    ) -> asyncio.Transport | None:
        try:
            target = await self._asked_for(connection)
            host = self._served(target)
            if host is None:
                await _go_beyond(beyond, target, connection)
                return None
        except ConnectError as refusal:
            if refusal.status not in _NO_REFUSALS:
                self._gate.refuse("edge", "CONNECT", refusal.reason)
            await send_and_drain(connection, answer_to(refusal, self._sites))
            return None
        async with asyncio.timeout(self._patience):
            await asyncio.get_running_loop().sock_sendall(connection, _ESTABLISHED)
        return await self._upgrade(connection, host)

    def _served(self, target: Target) -> str | None:
        """Return the host of `target`, None if it is beyond. Raises ConnectError."""
        host = target.served(self._sites)
        if host and (reason := self._unreachable(host)):
            raise ConnectError(503, f"{host} cannot be reached: {reason}.")
        return host

    def _reached(self, host: str) -> Site | None:
        """Return the site of a host, for a client without a proxy; None if it is not reached."""
        reason = self._unreachable(host)
        if reason:
            self._gate.refuse("edge", f"TLS {host}", reason)
        return None if reason else self._sites.get(host)

    async def _asked_for(self, connection: socket.socket) -> Target:
        try:
            async with asyncio.timeout(self._patience):
                return target_asked_for(await read_head(connection))
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


async def _go_beyond(beyond: Beyond | None, target: Target, connection: socket.socket) -> None:
    if beyond is None:
        raise ConnectError(403, f"The sandbox has no route to {target.host}:{target.port}.")
    beyond.check(target)
    await beyond.join(connection, target, _ESTABLISHED)
