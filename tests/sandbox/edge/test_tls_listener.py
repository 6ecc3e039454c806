"""TLS without the proxy: the SNI alone names the host."""

import contextlib
import json
import socket
import ssl

import pytest

from tests.sandbox.edge.harness import STORE, VAULT, Desk, read_all

GET = "GET /a HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"


def say(desk: Desk, port: int, sni: str, host: str) -> str:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
        desk.trust().wrap_socket(plain, server_hostname=sni) as connection,
    ):
        connection.sendall(GET.format(host).encode())
        return read_all(connection).decode()


def test_each_name_leads_to_its_own_hosts_application(desk: Desk) -> None:
    port = desk.run(_start(desk))
    for host in (STORE, VAULT):
        answer = say(desk, port, host.upper(), host)
        assert json.loads(answer.rpartition("\r\n")[2])["host"] == host


def test_a_host_header_for_another_host_is_misdirected(desk: Desk) -> None:
    port = desk.run(_start(desk))
    assert say(desk, port, STORE, VAULT).startswith("HTTP/1.1 421 ")
    assert say(desk, port, STORE, f"{STORE}:8443").startswith("HTTP/1.1 400 ")
    assert desk.served == []


@pytest.mark.parametrize("sni", ["example.com", "localhost", None])
def test_another_name_or_none_ends_the_handshake_on_record(desk: Desk, sni: str | None) -> None:
    port = desk.run(_start(desk))
    context = desk.trust()
    context.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain, server_hostname=sni)
    assert desk.refusals() == [f"TLS: no host here is called {sni or 'nothing'}"]


def test_a_session_of_one_host_is_not_resumed_for_another(desk: Desk) -> None:
    """TLS 1.2 would hide the second name in the resumed session."""
    port = desk.run(_start(desk))
    context = desk.trust()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for host in (STORE, VAULT):
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname=host, session=session) as connection,
        ):
            connection.sendall(GET.format(host).encode())
            assert json.loads(read_all(connection).rpartition(b"\r\n")[2])["host"] == host
            assert not connection.session_reused
            session = connection.session


def test_a_client_that_never_ends_its_handshake_is_closed(hasty: Desk) -> None:
    port = hasty.run(_start(hasty))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as idle:
        assert idle.recv(1) == b""


def test_the_port_is_closed_with_the_edge(desk: Desk) -> None:
    port = desk.run(_start(desk))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        connection = desk.trust().wrap_socket(plain, server_hostname=STORE)
        desk.run(desk.edge.stop())
        with contextlib.suppress(OSError):
            assert connection.recv(8) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)


async def _start(desk: Desk) -> int:
    return desk.edge.start_tls()
