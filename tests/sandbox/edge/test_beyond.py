"""The shells' proxy: the deployment's hosts end here, the rest of the world is passed on."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.edge.beyond import Beyond
from sandbox.edge.connect import ConnectError, Target
from tests.sandbox.edge.harness import ESTABLISHED, STORE, Desk, connect_to, read_all

KEY = "a-key"
BEYOND = Beyond(KEY)
PROOF = "Basic " + base64.b64encode(f"keyless:{KEY}".encode()).decode()


@contextmanager
def server(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server of the rest of the world, which sends `answers`, one for each read, in turn."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                for each in answers:
                    heard.append(connection.recv(65536))
                    connection.sendall(each)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(10)


@pytest.fixture
def port(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> int:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    started: int = desk.run(_start(desk))
    return started


async def _start(desk: Desk) -> int:
    return desk.edge.start_for_shells(BEYOND)


def ask(port: int, target: str, proof: str = PROOF, then: bytes = b"") -> bytes:
    head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
    if proof:
        head += f"Proxy-Authorization: {proof}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(f"{head}\r\n".encode() + then)
        return read_all(connection)


def test_the_rest_of_the_world_is_passed_on_in_both_directions(port: int) -> None:
    with server(b"pong") as (there, heard):
        assert ask(port, f"127.0.0.1:{there}", then=b"ping") == ESTABLISHED + b"pong"
    assert heard == [b"ping"]


@pytest.mark.parametrize(
    "proof", ["", "Basic", "Basic a-key", PROOF + "x", f"Bearer {KEY}", "Basic \xff"]
)
def test_without_the_key_nothing_is_passed_on(port: int, desk: Desk, proof: str) -> None:
    answer = ask(port, "127.0.0.1:1", proof)
    assert answer.startswith(b"HTTP/1.1 407 Proxy Authentication Required\r\n")
    assert b'Proxy-Authenticate: Basic realm="Keyless sandbox"\r\n' in answer
    assert desk.refusals() == []


def test_the_services_proxy_passes_nothing_on_whatever_the_key(desk: Desk, port: int) -> None:
    assert ask(desk.port, "127.0.0.1:1").startswith(b"HTTP/1.1 403 ")


def test_a_host_of_the_deployment_ends_here_with_the_key_or_without(port: int, desk: Desk) -> None:
    desk.port = port
    with desk.tunnel(STORE) as tunnel:
        tunnel.sendall(f"GET /a HTTP/1.1\r\nHost: {STORE}\r\nConnection: close\r\n\r\n".encode())
        assert b"200 OK" in read_all(tunnel)
    assert desk.ask(connect_to(STORE) + b"no tls").startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "host",
    [
        "another.blob.core.windows.net",
        "v.vault.azure.net.",
        "n.servicebus.windows.net",
        "management.azure.com",
        "login.microsoftonline.com",
        "login.windows.net",
        "graph.microsoft.com",
        "app.azurewebsites.net",
        "registry.azurecr.io",
    ],
)
def test_a_name_of_azure_that_the_deployment_lacks_goes_nowhere(host: str) -> None:
    with pytest.raises(ConnectError, match=host.rstrip(".")) as refused:
        BEYOND.check(Target(host, "443", PROOF))
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "host",
    [
        *("pypi.org", "github.com", "notazure.com", "learn.microsoft.com"),
        *("dev.azure.com", "pkgs.dev.azure.com"),
    ],
)
def test_any_other_name_may_pass(host: str) -> None:
    BEYOND.check(Target(host, "443", PROOF))


def test_a_host_that_is_not_there_is_a_bad_gateway_and_no_refusal(port: int, desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        closed = once.getsockname()[1]
    answer = ask(port, f"127.0.0.1:{closed}")
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert f"127.0.0.1:{closed} is unreachable: ".encode() in answer
    assert desk.refusals() == []


def test_a_proxy_of_this_machine_is_used_with_its_password(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(b"HTTP/1.1 200 OK\r\n\r\n", b"pong") as (there, heard):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{there}")
        assert ask(port, "pypi.example:443", then=b"ping") == ESTABLISHED + b"pong"
    password = base64.b64encode(b"me:p@ss")
    assert heard[0].startswith(b"CONNECT pypi.example:443 HTTP/1.1\r\nHost: pypi.example:443\r\n")
    assert b"Proxy-Authorization: Basic " + password + b"\r\n" in heard[0]
    assert heard[1] == b"ping"


def test_a_sandbox_started_in_a_shell_of_its_own_does_not_ask_itself(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", BEYOND.proxy(port, "127.0.0.1"))
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.delenv("no_proxy", raising=False)
    with server(b"pong") as (there, _):
        assert ask(port, f"127.0.0.1:{there}", then=b"ping") == ESTABLISHED + b"pong"


def test_a_slow_client_gets_the_end_of_a_long_answer(port: int) -> None:
    long = bytes(400_000)
    with server(long) as (there, _), socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        target = f"127.0.0.1:{there}"
        head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: {PROOF}\r\n"
        client.sendall(f"{head}\r\nping".encode())
        assert read_all(client) == ESTABLISHED + long


def test_the_edge_ends_while_a_tunnel_is_open(port: int, desk: Desk) -> None:
    """Though the other side says nothing more, and does not end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = f"127.0.0.1:{listener.getsockname()[1]}"
        head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: {PROOF}\r\n"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(f"{head}\r\n".encode())
            there, _ = listener.accept()
            assert client.recv(100) == ESTABLISHED
            desk.run(desk.edge.stop())
            with there:
                assert there.recv(1) == b""


def test_a_proxy_of_this_machine_that_refuses_is_named(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(b"HTTP/1.1 407 Who are you\r\n\r\n") as (there, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{there}")
        assert b"answered 'HTTP/1.1 407 Who are you'" in ask(port, "pypi.example:443")


def test_a_proxy_is_passed_by_for_the_names_that_this_machine_excepts(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with server(b"pong") as (there, _):
        assert ask(port, f"127.0.0.1:{there}", then=b"ping") == ESTABLISHED + b"pong"


def test_the_key_is_in_the_proxys_address_and_in_no_repr() -> None:
    assert BEYOND.proxy(8080, "127.0.0.1") == "http://keyless:a-key@127.0.0.1:8080"
    assert KEY not in repr(BEYOND)
