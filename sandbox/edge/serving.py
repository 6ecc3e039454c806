"""How the edge runs an application: bytes as they came, nothing logged, no work for the absent."""

import asyncio
import contextlib
import socket
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.http_exceptions import HttpProcessingError

from sandbox.audit import Gate
from sandbox.edge.guard import Names, guarded

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
    """An application and the names it answers to."""

    def __init__(self, application: web.Application, names: Names, gate: Gate) -> None:
        self._names = names
        self._gate = gate
        self._make_request = partial(application._make_request, _cls=_Request)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, shutdown_timeout=_GRACE
        )

    async def start(self) -> None:
        """Start the application. Raises whatever its own start raises."""
        await self._runner.setup()
        server = self._server()
        server.request_handler = guarded(server.request_handler, self._names, self._gate)
        server.request_factory = self._make_request

    async def stop(self) -> None:
        """Let what is under way end within a second or two, then end it."""
        if self._runner.server is not None:
            await self._runner.cleanup()

    def protocol(self) -> asyncio.Protocol:
        """What speaks HTTP on one connection. Raises RuntimeError unless started."""
        return _Protocol(self._server(), self._names, self._gate)

    def _server(self) -> web.Server:
        if self._runner.server is None:
            raise RuntimeError("the application has not been started")
        return self._runner.server


class _Request(web.Request):
    """aiohttp's, without the Server header that aiohttp adds to each answer.

    It would tell what runs here. A plane whose answers name a server on Azure names it itself.
    """

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        await super()._prepare_hook(response)
        if response.headers.get("Server") == SERVER_SOFTWARE:
            del response.headers["Server"]


class _Protocol(web.RequestHandler):
    """aiohttp's, which would log and repeat the line of a request that it could not read."""

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
        # The line may hold a token: only the kind of error is told and kept.
        self._gate.refuse("edge", f"HTTP {self._names}", f"malformed: {type(exc).__name__}")
        answer = web.Response(status=400, text="That is no well-formed HTTP request.\n")
        answer.force_close()
        return answer


def _acknowledge(connection: socket.socket | None) -> None:
    """Acknowledge what has come at once, where the system can be asked to.

    urllib3 leaves Nagle's algorithm on behind a proxy: the body of a request waits in the client
    until its head is acknowledged, which Linux would put off for 40 ms.
    """
    if connection is not None and hasattr(socket, "TCP_QUICKACK"):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
