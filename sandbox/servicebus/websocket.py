"""AMQP over WebSocket, the way through proxies.

https://docs.oasis-open.org/amqp-bindmap/amqp-wsb/v1.0/amqp-wsb-v1.0.html
"""

import asyncio
from collections.abc import Callable

from aiohttp import WSMsgType, web

from sandbox.servicebus.administration import Handler
from sandbox.servicebus.connection import Connection
from sandbox.servicebus.outlet import Outlet

PATH = "/$servicebus/websocket"
# Microsoft's own name, and the standard's, which go-amqp's and Rust's clients ask for.
SUBPROTOCOLS = ("AMQPWSB10", "amqp")

_MAX_MESSAGE = 4 * 1024 * 1024
_HIGH_WATER = 64 * 1024


class WebSocketOutlet:
    """What a connection writes to: a buffer that a task empties into the WebSocket."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
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
        """End when all is sent."""
        self._closing = True
        self._wake.set()

    def abort(self) -> None:
        """End at once."""
        self._buffer.clear()
        self.close()

    def pause_reading(self) -> None:
        """Let the client wait."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Let the client go on."""
        self._readable.set()

    async def until_readable(self) -> None:
        """Wait while the client has to."""
        await self._readable.wait()

    async def empty(self) -> None:
        """Send what is written, until the connection is closed."""
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
    connect: Callable[[Outlet], Connection],
    leave: Callable[[Connection], None],
    refuse: Handler,
) -> web.Application:
    """The web application with the one route that the SDKs know; `refuse` answers all else."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            protocols=SUBPROTOCOLS, max_msg_size=_MAX_MESSAGE, compress=False
        )
        if not socket.can_prepare(request):
            return await refuse(request)
        await socket.prepare(request)
        outlet = WebSocketOutlet(socket)
        connection = outlet.connection = connect(outlet)
        writer = asyncio.create_task(outlet.empty())
        try:
            await _read(socket, outlet, connection)
        finally:
            connection.lost()
            leave(connection)
            writer.cancel()
        return socket

    app = web.Application()
    for path in (PATH, f"{PATH}/"):
        app.router.add_get(path, handle, allow_head=False)
    app.router.add_route("*", r"/{rest:[\s\S]*}", refuse)  # a path may hold a line feed, as %0A
    return app


async def _read(
    socket: web.WebSocketResponse, outlet: WebSocketOutlet, connection: Connection
) -> None:
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            return
        connection.feed(message.data)
        await outlet.until_readable()
