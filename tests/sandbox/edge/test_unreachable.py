"""Hosts and ports that cannot be reached for a while."""

import contextlib
import socket

import pytest
from aiohttp import web

from sandbox.edge import AmqpListener, Edge, HttpListener
from tests.sandbox.edge.harness import ESTABLISHED, STORE, VAULT, Desk, connect_to
from tests.sandbox.edge.test_amqp import Echo


def test_a_host_that_cannot_be_reached_is_a_proxys_503_and_another_is_served(desk: Desk) -> None:
    reasons = {STORE: "its name is lost"}
    routes = {STORE: desk.echo(STORE), VAULT: desk.echo(VAULT)}

    def unreachable(host: str) -> str:
        return reasons.get(host, "")

    edge = Edge(routes, desk.certificate, desk.gate, unreachable=unreachable)
    port = desk.run(edge.start())

    def answer(host: str) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(connect_to(host))
            return connection.recv(4096)

    try:
        assert answer(STORE).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert desk.refusals()[-1] == f"CONNECT: {STORE} cannot be reached: its name is lost."
        assert answer(VAULT) == ESTABLISHED
        reasons.clear()
        assert answer(STORE) == ESTABLISHED
    finally:
        desk.run(edge.stop())


def test_amqp_closes_connections_while_it_cannot_be_reached(desk: Desk) -> None:
    reasons = ["its name is lost"]
    listener = AmqpListener(Echo, desk.certificate, lambda: "".join(reasons))
    port = desk.run(_started(listener))
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as refused,
            contextlib.suppress(ConnectionResetError),
        ):
            assert refused.recv(8) == b""
        reasons.clear()
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
            desk.trust().wrap_socket(plain, server_hostname=STORE) as connection,
        ):
            connection.sendall(b"AMQP\x03\x01\x00\x00")
            assert connection.recv(8) == b"AMQP\x03\x01\x00\x00"
    finally:
        desk.run(listener.stop())


def test_a_port_that_refuses_stays_taken_and_accepts_again(desk: Desk) -> None:
    listener = HttpListener(web.Application(), desk.gate)
    port = desk.run(listener.start())
    try:
        open_before = socket.create_connection(("127.0.0.1", port), timeout=60)
        assert _status(port) == b"HTTP/1.1 404 Not Found"
        desk.run(_called(listener.refuse))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60)
        with contextlib.suppress(ConnectionResetError), open_before:
            assert open_before.recv(1) == b""
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", port))
        desk.run(_called(listener.accept_again))
        assert _status(port) == b"HTTP/1.1 404 Not Found"
        desk.run(_called(listener.accept_again))
    finally:
        desk.run(_called(listener.refuse))
        desk.run(listener.stop())


def _status(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return connection.recv(4096).partition(b"\r\n")[0]


async def _called(function: object) -> None:
    assert callable(function)
    function()


async def _started(listener: AmqpListener) -> int:
    return listener.start()
