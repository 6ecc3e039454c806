"""AMQP over TLS on a port of its own, for clients that cannot use a proxy."""

import asyncio
import socket
from collections.abc import Callable

from sandbox.commands import LOOPBACK
from sandbox.edge.certificates import Certificate
from sandbox.edge.listener import Listener

_PATIENCE = 10.0


class AmqpListener:
    """Hands each connection, after its TLS handshake, to a protocol of the broker."""

    def __init__(
        self,
        protocol: Callable[[], asyncio.Protocol],
        certificate: Certificate,
        unreachable: Callable[[], str] = str,
    ) -> None:
        """`protocol` is called once for each connection.

        `unreachable` tells why connections are closed at once now; empty if they are not. TLS
        accepts any name in the certificate, since such a client connects to loopback; AMQP's
        open frame names the namespace. Raises OSError if there is no certificate.
        """
        self._protocol = protocol
        self._unreachable = unreachable
        self._context = certificate.server_context()
        self._listener = Listener(self._serve)

    def start(self, port: int = 0, address: str = LOOPBACK, *, fallback: bool = False) -> int:
        """Listen as `Listener.start` does; return the port. Raises OSError if it is taken."""
        return self._listener.start(port, address, fallback=fallback)

    async def stop(self) -> None:
        """Close the port and every connection."""
        await self._listener.stop()

    async def _serve(self, connection: socket.socket) -> asyncio.Transport | None:
        if self._unreachable():
            return None
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
            self._protocol, connection, ssl=self._context, ssl_handshake_timeout=_PATIENCE
        )
        return transport
