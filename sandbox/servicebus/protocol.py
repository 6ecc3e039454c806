"""AMQP on a socket, whose TLS the edge has ended already."""

import asyncio
from collections.abc import Callable

from sandbox.servicebus.connection import Connection
from sandbox.servicebus.outlet import Outlet


class AmqpProtocol(asyncio.Protocol):
    """Joins a transport of asyncio with a connection of the bus."""

    def __init__(
        self, connect: Callable[[Outlet], Connection], leave: Callable[[Connection], None]
    ) -> None:
        self._connect = connect
        self._leave = leave
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a socket's or TLS's is one
        self._connection = self._connect(transport)

    def data_received(self, data: bytes) -> None:
        """Bytes have come in."""
        if self._connection:
            self._connection.feed(data)

    def eof_received(self) -> bool:
        """The client will say no more; without it nothing is to be said either."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        if self._connection:
            self._connection.lost()
            self._leave(self._connection)

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        if self._connection:
            self._connection.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._connection:
            self._connection.resume_writing()
