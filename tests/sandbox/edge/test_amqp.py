import asyncio
import contextlib
import socket
import ssl

import pytest

from sandbox.edge import AmqpListener
from tests.sandbox.edge.harness import STORE, Desk


class Echo(asyncio.Protocol):
    """Echoes received bytes, as a broker does with a protocol header."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", STORE])
def test_a_client_that_dials_loopback_speaks_to_the_broker(desk: Desk, name: str) -> None:
    listener = AmqpListener(Echo, desk.certificate)
    port = desk.run(_start(listener))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
        desk.trust().wrap_socket(plain, server_hostname=name) as connection,
    ):
        connection.sendall(b"AMQP\x03\x01\x00\x00")
        assert connection.recv(8) == b"AMQP\x03\x01\x00\x00"
        desk.run(listener.stop())
        with contextlib.suppress(OSError):
            assert connection.recv(8) == b""


def test_there_is_no_broker_without_tls(desk: Desk) -> None:
    listener = AmqpListener(Echo, desk.certificate)
    port = desk.run(_start(listener))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"AMQP\x00\x01\x00\x00")
        assert b"AMQP" not in connection.recv(100)
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
    ):
        ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")
    desk.run(listener.stop())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)


async def _start(listener: AmqpListener) -> int:
    return listener.start()
