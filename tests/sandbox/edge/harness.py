"""A client of an edge that runs on a loop in another thread."""

import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from sandbox.audit import FILE, Gate, read
from sandbox.edge import Certificate, Edge
from sandbox.state import State

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
STORE, VAULT = "store.blob.core.windows.net", "v.vault.azure.net"

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


class Desk:
    """The edge with a store and a vault, and a client of it."""

    def __init__(self, run: Run[Any], state: State, gate: Gate) -> None:
        self.run, self.state, self.gate = run, state, gate
        self.certificate = Certificate.keep(state, [STORE, VAULT])
        self.served: list[str] = []
        self.port = 0

    def open(self, patience: float = 20.0) -> None:
        routes = {STORE: self.echo(STORE), VAULT: self.echo(VAULT)}
        self.edge = Edge(routes, self.certificate, self.gate, patience)
        self.port = self.run(self.edge.start())

    def echo(self, name: str) -> web.Application:
        """Return the serving host and the length of the body."""

        async def answer(request: web.Request) -> web.Response:
            self.served.append(f"{request.method} {name}{request.raw_path}")
            body = b"".join([chunk async for chunk in request.content.iter_any()])
            return web.json_response({"host": name, "path": request.raw_path, "bytes": len(body)})

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", answer)
        return application

    def refusals(self) -> list[str]:
        return [f"{each.operation}: {each.reason}" for each in read(self.state.path(FILE))]

    def connect(self, opening: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.sendall(opening)
        return connection

    def ask(self, opening: bytes) -> str:
        """Return the proxy's answer to these bytes."""
        with self.connect(opening) as connection:
            return read_all(connection).decode()

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate.authority))

    def tunnel(
        self, host: str = STORE, context: ssl.SSLContext | None = None, **tls: Any
    ) -> ssl.SSLSocket:
        """Open a tunnel to `host` with TLS in it. Raises ssl.SSLError or OSError."""
        connection = self.connect(connect_to(host))
        assert connection.recv(1024).startswith(b"HTTP/1.1 200 ")
        tls.setdefault("server_hostname", host)
        return (context or self.trust()).wrap_socket(connection, **tls)

    def say(self, request: bytes, host: str = STORE) -> str:
        """Return the whole answer of `host` to these bytes in a tunnel."""
        with self.tunnel(host) as tunnel:
            tunnel.sendall(request)
            return read_all(tunnel).decode()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the other thread has done it."""
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def connect_to(host: str) -> bytes:
    return f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode()


def read_all(connection: socket.socket) -> bytes:
    heard = b""
    while chunk := connection.recv(65536):
        heard += chunk
    return heard
