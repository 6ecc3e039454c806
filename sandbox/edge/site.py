"""An aiohttp application as the edge serves it: raw bytes, no access log, no unread bodies."""

import asyncio
import contextlib
import socket
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.http_exceptions import HttpProcessingError

from sandbox.audit import Gate
from sandbox.edge.host_header import Names, guarded

_HEAD_LIMIT = 64 * 1024
_GRACE = 1.0
_WITHOUT_BODY = (b"GET ", b"HEAD ")
_SETTINGS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,
    "keepalive_timeout": 240.0,  # as long as Azure's load balancers wait
    "max_field_size": _HEAD_LIMIT,
    "max_line_size": _HEAD_LIMIT,
}


class Site:
    """An application and its names."""

    def __init__(self, application: web.Application, names: Names, gate: Gate) -> None:
        self._names = names
        self._gate = gate
        self._make_request = partial(application._make_request, _cls=_Request)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, shutdown_timeout=_GRACE
        )

    async def start(self) -> None:
        """Start the application. Raises the errors of its start."""
        await self._runner.setup()
        server = self._server()
        server.request_handler = guarded(server.request_handler, self._names, self._gate)
        server.request_factory = self._make_request

    async def stop(self) -> None:
        """Give open requests a second or two, then end them."""
        if self._runner.server is not None:
            await self._runner.cleanup()

    def protocol(self) -> asyncio.Protocol:
        """Return the HTTP protocol for one connection. Raises RuntimeError unless started."""
        return _Protocol(self._server(), self._names, self._gate)

    def _server(self) -> web.Server:
        if self._runner.server is None:
            raise RuntimeError("the application has not been started")
        return self._runner.server


class _Request(web.Request):
    """aiohttp's request, without the Server header that aiohttp adds to each answer.

    A plane whose answers have a Server header on Azure sets it itself.
    """

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        await super()._prepare_hook(response)
        if response.headers.get("Server") == SERVER_SOFTWARE:
            del response.headers["Server"]


class _Protocol(web.RequestHandler):
    """aiohttp's handler, which would log and repeat a malformed line of a request."""

    __slots__ = ("_gate", "_names", "_socket")

    def __init__(self, server: web.Server, names: Names, gate: Gate) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **_SETTINGS)
        self._names = names
        self._gate = gate
        self._socket: socket.socket | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._payload_parser is None and not data.startswith(_WITHOUT_BODY):
            _acknowledge(self._socket)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        # The line may hold a token, so only the kind of error is recorded.
        self._gate.refuse("edge", f"HTTP {self._names}", f"malformed: {type(exc).__name__}")
        answer = web.Response(status=400, text="That is no well-formed HTTP request.\n")
        answer.force_close()
        return answer


def _acknowledge(connection: socket.socket | None) -> None:
    """Acknowledge received data at once, on systems with TCP_QUICKACK.

    urllib3 leaves Nagle's algorithm on behind a proxy: a client holds back the body of a request
    until its head is acknowledged, which Linux would delay by 40 ms.
    """
    if connection is not None and hasattr(socket, "TCP_QUICKACK"):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
