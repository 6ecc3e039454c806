"""TLS on a port of its own, for clients that reach a host by its name and know no proxy."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from sandbox.audit import Gate
from sandbox.commands import LOOPBACK
from sandbox.edge.certificates import Certificate
from sandbox.edge.listener import Listener
from sandbox.edge.site import Site


class TlsListener:
    """Hands each connection, after its TLS handshake, to the site that its SNI names."""

    def __init__(
        self,
        site: Callable[[str], Site | None],
        certificate: Certificate,
        gate: Gate,
        patience: float,
    ) -> None:
        """`site` returns the started site of a host name in lower case, or None.

        `patience` is the time limit in seconds for a handshake.
        """
        self._site = site
        self._certificate = certificate
        self._gate = gate
        self._patience = patience
        self._listener = Listener(self._serve)

    def start(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Listen as `Listener.start` does; return the port. Raises OSError if it is taken."""
        return self._listener.start(port, address, fallback=fallback)

    def close(self) -> None:
        """Stop accepting; open connections continue."""
        self._listener.close()

    async def stop(self) -> None:
        """Close the port and every connection."""
        await self._listener.stop()

    async def _serve(self, connection: socket.socket) -> asyncio.Transport:
        chosen: list[Site] = []

        def serves(name: str | None) -> bool:
            site = self._site((name or "").lower())
            if site is None:
                self._gate.refuse("edge", "TLS", f"no host here is called {name or 'nothing'}")
                return False
            chosen.append(site)
            return True

        # A context of its own: TLS 1.2 hides the SNI of a session that is resumed.
        context = self._certificate.server_context(serves)
        context.set_alpn_protocols(["http/1.1"])
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            lambda: _Handshake(chosen),
            connection,
            ssl=context,
            ssl_handshake_timeout=self._patience,
        )
        return transport


class _Handshake(asyncio.Protocol):
    """Waits for the end of the handshake; then the protocol of the chosen site takes its place."""

    def __init__(self, chosen: Sequence[Site]) -> None:
        self._chosen = chosen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        protocol = self._chosen[-1].protocol()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
