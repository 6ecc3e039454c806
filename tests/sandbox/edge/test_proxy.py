import contextlib
import json
import socket
import ssl
import time

import pytest
from aiohttp import web

from sandbox.edge import Edge
from tests.sandbox.edge.harness import ESTABLISHED, STORE, VAULT, Desk, connect_to, read_all

GET = f"GET /a HTTP/1.1\r\nHost: {STORE}\r\nConnection: close\r\n\r\n"


def post(framing: str, body: str = "") -> bytes:
    head = f"POST /a HTTP/1.1\r\nHost: {STORE}\r\nConnection: close\r\n"
    return f"{head}{framing}\r\n\r\n{body}".encode()


def test_each_tunnel_ends_in_its_own_hosts_application(desk: Desk) -> None:
    for host in (STORE, VAULT):
        answer = desk.say(GET.replace(STORE, host).encode(), host)
        assert json.loads(answer.rpartition("\r\n")[2])["host"] == host


@pytest.mark.parametrize("target", ["/a/../b", "/%2e%2e/a", "//a", "/a%2Fb%5c?x=%2f&y=[z]&&"])
def test_a_path_reaches_the_application_as_it_was_sent(desk: Desk, target: str) -> None:
    desk.say(GET.replace("/a", target).encode())
    assert desk.served == [f"GET {STORE}{target}"]


def test_another_host_is_refused_in_words_and_on_record(desk: Desk) -> None:
    answer = desk.ask(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
    assert answer.startswith("HTTP/1.1 403 Forbidden\r\n")
    assert f"  {STORE}:443\n" in answer
    assert desk.refusals() == ["CONNECT: The sandbox has no route to example.com:443."]


def test_plain_requests_are_refused_and_their_query_is_kept_nowhere(desk: Desk) -> None:
    answer = desk.ask(b"GET http://example.com/a?sig=hidden HTTP/1.1\r\nHost: example.com\r\n\r\n")
    assert answer.startswith("HTTP/1.1 405 ")
    assert "example.com" in answer + str(desk.refusals())
    assert "hidden" not in answer + str(desk.refusals())


def test_bytes_right_behind_the_head_are_the_beginning_of_tls(desk: Desk) -> None:
    said, heard = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = desk.trust().wrap_bio(heard, said, server_hostname=STORE)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with desk.connect(connect_to(STORE) + said.read()) as connection:
        assert connection.recv(len(ESTABLISHED)) == ESTABLISHED
        _finish_handshake(client, heard, connection)
        client.write(GET.encode())
        connection.sendall(said.read())
        desk.until(lambda: desk.served == [f"GET {STORE}/a"])


def _finish_handshake(
    client: ssl.SSLObject, heard: ssl.MemoryBIO, connection: socket.socket
) -> None:
    while True:
        heard.write(connection.recv(65536))
        try:
            return client.do_handshake()
        except ssl.SSLWantReadError:
            continue


@pytest.mark.parametrize("behind", [GET.encode(), b"\r\n" * 10, b"\x00" * 100_000])
def test_a_request_in_clear_behind_the_head_reaches_nobody(desk: Desk, behind: bytes) -> None:
    connection = desk.connect(connect_to(STORE) + behind)
    with connection, contextlib.suppress(ConnectionError):
        assert read_all(connection) == ESTABLISHED
    assert desk.served == []


def test_a_head_may_come_in_pieces(desk: Desk) -> None:
    head = connect_to(STORE)
    for cut in (1, 20, len(head) - 3, len(head) - 1):
        with desk.connect(head[:cut]) as connection:
            time.sleep(0.02)
            connection.sendall(head[cut:])
            assert connection.recv(1024) == ESTABLISHED


def test_a_head_that_does_not_end_is_given_up(hasty: Desk) -> None:
    assert hasty.ask(connect_to(STORE)[:-2]).startswith("HTTP/1.1 408 ")


def test_a_head_without_measure_is_given_up(desk: Desk) -> None:
    assert desk.ask(b"CONNECT " + b"a" * 20_000).startswith("HTTP/1.1 431 ")
    filled = connect_to(STORE)[:-2] + b"A: " + b"a" * 20_000 + b"\r\n\r\n"
    assert desk.ask(filled).startswith("HTTP/1.1 431 ")


def test_a_client_that_takes_the_proxy_for_https_is_told_so(desk: Desk) -> None:
    with desk.connect(b"") as connection, pytest.raises(ssl.SSLError):
        desk.trust().wrap_socket(connection, server_hostname=STORE)
    assert desk.refusals() == [
        "CONNECT: That is no HTTP request; the proxy's own address is http, not https."
    ]


def test_a_handshake_that_does_not_come_is_given_up(hasty: Desk) -> None:
    with hasty.connect(connect_to(STORE)) as connection:
        assert read_all(connection) == ESTABLISHED


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_sni_must_be_the_tunnels_host(desk: Desk, version: ssl.TLSVersion) -> None:
    context = desk.trust()
    context.check_hostname = False
    context.maximum_version = version
    for good in (STORE, STORE.upper()):
        desk.tunnel(STORE, context, server_hostname=good).close()
    for bad in (VAULT, "example.com", None):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            desk.tunnel(STORE, context, server_hostname=bad)
        assert desk.refusals()[-1] == f"TLS {STORE}: the SNI is {bad or 'missing'}"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_of_another_tunnel_does_not_stand_in_for_the_sni(
    desk: Desk, version: ssl.TLSVersion
) -> None:
    context = desk.trust()
    context.check_hostname = False
    context.maximum_version = version
    with desk.tunnel(STORE, context) as tunnel:
        tunnel.sendall(GET.encode())
        read_all(tunnel)
        session = tunnel.session
    desk.tunnel(STORE, context, session=session).close()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        desk.tunnel(STORE, context, session=session, server_hostname=VAULT)


def test_nothing_but_http_1_1_is_agreed_upon(desk: Desk) -> None:
    context = desk.trust()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with desk.tunnel(STORE, context) as tunnel:
        assert tunnel.selected_alpn_protocol() == "http/1.1"


def test_a_client_that_does_not_trust_the_certificate_is_on_record(desk: Desk) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        desk.tunnel(STORE, ssl.create_default_context())
    desk.until(lambda: any("UNKNOWN_CA" in each for each in desk.refusals()))


@pytest.mark.parametrize(
    ("status", "host"), [(200, STORE), (200, f"{STORE}:443"), (421, VAULT), (400, "example.com")]
)
def test_the_host_header_must_be_the_tunnels_host(desk: Desk, status: int, host: str) -> None:
    answer = desk.say(GET.replace(STORE, host, 1).encode())
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert desk.served == ([f"GET {STORE}/a"] if status == 200 else [])
    assert len(desk.refusals()) == (0 if status == 200 else 1)


def test_a_request_behind_a_refused_one_is_not_served(desk: Desk) -> None:
    good = f"GET /good HTTP/1.1\r\nHost: {STORE}\r\n\r\n"
    bad = good.replace(STORE, VAULT)
    answer = desk.say((good + bad + good).encode())
    assert answer.count("HTTP/1.1 ") == 2
    assert desk.served == [f"GET {STORE}/good"]


@pytest.mark.parametrize(
    "request_line", ["GET https://{}/a", "GET http://other/a", "CONNECT other:443", "OPTIONS *"]
)
def test_only_a_path_is_a_target(desk: Desk, request_line: str) -> None:
    request = f"{request_line.format(STORE)} HTTP/1.1\r\nHost: {STORE}\r\n\r\n"
    assert desk.say(request.encode()).startswith("HTTP/1.1 400 ")
    assert desk.served == []


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(post("Content-Length: 1\r\nContent-Length: 2", "ab"), id="two lengths"),
        pytest.param(
            post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
            id="length and chunks",
        ),
        pytest.param(post("Transfer-Encoding: xchunked", "0\r\n\r\n"), id="unknown encoding"),
        pytest.param(post("Transfer-Encoding : chunked", "0\r\n\r\n"), id="space in the name"),
        pytest.param(post("Content-Length: +1", "a"), id="signed length"),
        pytest.param(post("Content-Length: 0\rX: y"), id="bare CR"),
        pytest.param(post("X: a\r\n folded"), id="folding"),
        pytest.param(post("Transfer-Encoding: chunked", "1\na\n0\n\n"), id="bare LF in chunks"),
        pytest.param(GET.replace("\r\n", "\n").encode(), id="bare LF"),
        pytest.param(GET.replace("\r\n", f"\r\nHost: {STORE}\r\n", 1).encode(), id="two hosts"),
        pytest.param(b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", id="no host"),
        pytest.param(b"GET /a HTTP/1.0\r\n\r\n", id="no host in 1.0"),
        pytest.param(GET.replace("/a", "/\xff").encode("latin-1"), id="bytes that are no text"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
    ],
)
def test_a_request_with_two_readings_is_not_served(desk: Desk, request_: bytes) -> None:
    assert " 400 " in desk.say(request_)[:14]
    assert desk.served == []
    assert len(desk.refusals()) == 1


@pytest.mark.parametrize(
    "request_",
    [post("Content-Length: 1", "a"), post("Transfer-Encoding: chunked", "1\r\na\r\n0\r\n\r\n")],
)
def test_a_request_with_one_reading_is_served(desk: Desk, request_: bytes) -> None:
    assert json.loads(desk.say(request_).rpartition("\r\n")[2])["bytes"] == 1


def test_a_malformed_request_is_repeated_nowhere(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    answer = desk.say(GET.replace("\r\n", "\r\nAuthorization : secret\r\n", 1).encode())
    assert "400" in answer
    assert "secret" not in answer + caplog.text + str(desk.refusals())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET, 200),
        (GET.replace("GET", "HEAD"), 200),
        (GET.replace(STORE, VAULT), 421),
        (GET.replace("/a ", "a "), 400),
        (GET.replace("GET /a", "GET"), 400),
        (GET.replace("Host:", "Host"), 400),
    ],
)
def test_no_answer_says_what_runs_here(desk: Desk, request_: str, status: int) -> None:
    answer = desk.say(request_.encode())
    assert answer[: answer.index("\r\n")].split(" ")[1] == str(status)
    assert "Server:" not in answer
    assert "aiohttp" not in answer.lower()


def test_a_server_that_an_application_names_is_passed_on(desk: Desk) -> None:
    async def named(_: web.Request) -> web.Response:
        return web.Response(headers={"Server": "Kestrel"})

    application = web.Application()
    application.router.add_get("/a", named)
    edge = Edge({STORE: application}, desk.certificate, desk.gate)
    desk.port = desk.run(edge.start())
    try:
        assert "\r\nServer: Kestrel\r\n" in desk.say(GET.encode())
        assert "Server:" not in desk.say(GET.replace("/a", "/none").encode())
    finally:
        desk.run(edge.stop())


def test_long_headers_pass(desk: Desk) -> None:
    token = "a" * 40_000
    assert desk.say(GET.replace("\r\n", f"\r\nAuthorization: {token}\r\n", 1).encode())[9:12] == (
        "200"
    )


def test_two_edges_do_not_share_a_port(desk: Desk) -> None:
    second = Edge({}, desk.certificate, desk.gate)
    with pytest.raises(OSError, match="in use"):
        desk.run(second.start(desk.port))
    desk.run(second.stop())


def test_an_application_that_does_not_start_leaves_nothing_behind(desk: Desk) -> None:
    async def fail(_: web.Application) -> None:
        raise RuntimeError("no store")

    broken = web.Application()
    broken.on_startup.append(fail)
    routes = {"a.example": desk.echo("a"), "b.example": broken, "c.example": desk.echo("c")}
    edge = Edge(routes, desk.certificate, desk.gate)
    with pytest.raises(RuntimeError, match="no store"):
        desk.run(edge.start())
    desk.run(edge.stop())


def test_stopping_leaves_no_connection_open(desk: Desk) -> None:
    idle, silent = desk.tunnel(), desk.connect(connect_to(STORE))
    desk.run(desk.edge.stop())
    for connection in (idle, silent):
        with connection, contextlib.suppress(ConnectionError):
            read_all(connection)
