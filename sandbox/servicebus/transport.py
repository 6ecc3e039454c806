"""The ways into the bus: AMQP on a socket, AMQP over WebSocket; and the little of its management.

Other HTTPS requests are refused.

https://docs.oasis-open.org/amqp-bindmap/amqp-wsb/v1.0/amqp-wsb-v1.0.html
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import WSMsgType, web

from sandbox.audit import Gate
from sandbox.servicebus.administration import Administration
from sandbox.servicebus.connection import Connection, Output
from sandbox.walk import walk

_PATH = "/$servicebus/websocket"
# Microsoft's own name, and the standard's, which clients in Go and Rust ask for.
_SUBPROTOCOLS = ("AMQPWSB10", "amqp")

_MAX_MESSAGE = 4 * 1024 * 1024
_HIGH_WATER = 64 * 1024

_Connect = Callable[[Output], Connection]
_Disconnect = Callable[[Connection], None]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AmqpProtocol(asyncio.Protocol):
    """AMQP on a socket, behind the edge, which ends TLS."""

    def __init__(self, connect: _Connect, disconnect: _Disconnect) -> None:
        self._connect = connect
        self._disconnect = disconnect
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a connection of the bus."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a socket's or TLS's is one
        self._connection = self._connect(transport)

    def data_received(self, data: bytes) -> None:
        """Feed the connection."""
        if self._connection:
            self._connection.feed(data)

    def eof_received(self) -> bool:
        """Close the transport: a client that sends nothing more reads nothing more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the connection."""
        if self._connection:
            self._connection.lost()
            self._disconnect(self._connection)

    def pause_writing(self) -> None:
        """Have the connection send less."""
        if self._connection:
            self._connection.pause_writing()

    def resume_writing(self) -> None:
        """Have the connection go on."""
        if self._connection:
            self._connection.resume_writing()


class _WebSocketOutput:
    """The output of a connection over WebSocket: a buffer that a task sends."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        """`transport` is the connection below the WebSocket, None once it is lost."""
        self._socket = socket
        self._transport = transport
        self._buffer = bytearray()
        self._wake = asyncio.Event()
        self._readable = asyncio.Event()
        self._readable.set()
        self._closing = False
        self.connection: Connection | None = None

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._buffer += data
        self._wake.set()
        if len(self._buffer) > _HIGH_WATER and self.connection:
            self.connection.pause_writing()

    def close(self) -> None:
        """Close once everything is sent."""
        self._closing = True
        self._wake.set()

    def abort(self) -> None:
        """Close at once, without the end of the WebSocket."""
        self._buffer.clear()
        if self._transport:
            self._transport.abort()

    def pause_reading(self) -> None:
        """Stop reading from the client."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Read from the client again."""
        self._readable.set()

    async def until_readable(self) -> None:
        """Wait until reading is resumed."""
        await self._readable.wait()

    async def send_all(self) -> None:
        """Send the buffer as it fills, until the connection is closed."""
        while not self._closing or self._buffer:
            await self._wake.wait()
            self._wake.clear()
            await self._send()
        await self._socket.close()

    async def _send(self) -> None:
        while self._buffer:
            data, self._buffer = bytes(self._buffer), bytearray()
            await self._socket.send_bytes(data)
        if self.connection:
            self.connection.resume_writing()


def application(
    connect: _Connect, disconnect: _Disconnect, administration: Administration, gate: Gate
) -> web.Application:
    """Return the web application of the namespace: AMQP over WebSocket, and its management."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            protocols=_SUBPROTOCOLS, max_msg_size=_MAX_MESSAGE, compress=False
        )
        if not socket.can_prepare(request):
            return await manage(request)
        await socket.prepare(request)
        output = _WebSocketOutput(socket, request.transport)
        connection = output.connection = connect(output)
        writer = asyncio.create_task(output.send_all())
        try:
            await _read(socket, output, connection)
        finally:
            connection.lost()
            disconnect(connection)
            writer.cancel()
        return socket

    manage: _Handler = partial(walk, administration, gate)
    app = web.Application()
    for path in (_PATH, f"{_PATH}/"):
        app.router.add_get(path, handle, allow_head=False)
    app.router.add_route("*", r"/{rest:[\s\S]*}", manage)  # a path may hold a line feed, as %0A
    return app


async def _read(
    socket: web.WebSocketResponse, output: _WebSocketOutput, connection: Connection
) -> None:
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            return
        connection.feed(message.data)
        await output.until_readable()
