"""Unmodified clients of services and users, through the proxy."""

import json
import shutil
import subprocess
import urllib.request

import pytest
import requests
import websocket
from aiohttp import web

from sandbox.edge import Certificate, Edge
from tests.sandbox.edge.harness import STORE, VAULT, Desk

BUS = "bus.servicebus.windows.net"


@pytest.fixture
def behind_proxy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return the environment that the sandbox gives a service."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    authority = str(desk.certificate.authority)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{desk.port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, authority)
    return desk


def test_requests(behind_proxy: Desk) -> None:
    with requests.Session() as session:
        for host in (STORE, VAULT, STORE):
            assert session.get(f"https://{host}/a", timeout=60).json()["host"] == host
        with pytest.raises(requests.exceptions.ProxyError, match="403 Forbidden"):
            session.get("https://example.com/a", timeout=60)


def test_requests_with_a_large_body(behind_proxy: Desk) -> None:
    answer = requests.put(f"https://{STORE}/a", data=bytes(20_000_000), timeout=60)
    assert answer.json()["bytes"] == 20_000_000


def test_urllib(behind_proxy: Desk) -> None:
    # urlopen keeps the proxies of its first call, which another test may have made.
    opener = urllib.request.build_opener()
    with opener.open(f"https://{VAULT}/a", timeout=60) as answer:
        assert json.load(answer)["host"] == VAULT
    with pytest.raises(OSError, match="403 Forbidden"):
        opener.open("https://example.com/a", timeout=60)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this machine")
def test_curl(behind_proxy: Desk) -> None:
    assert json.loads(_output("curl", "-sS", f"https://{STORE}/a"))["host"] == STORE


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node on this machine")
def test_node_opens_a_tunnel_of_its_own(behind_proxy: Desk) -> None:
    """As the proxy agents of JavaScript's Azure SDKs do."""
    script = f"""
      const http = require('http'), https = require('https'), tls = require('tls');
      const ask = http.request({{port: {behind_proxy.port}, host: '127.0.0.1', method: 'CONNECT',
                                 path: '{STORE}:443', headers: {{host: '{STORE}:443'}}}});
      ask.on('connect', (_, socket) => {{
        const agent = new https.Agent();
        agent.createConnection = () => tls.connect({{socket, servername: '{STORE}'}});
        https.get('https://{STORE}/a', {{agent}}, answer => answer.pipe(process.stdout));
      }});
      ask.end();
    """
    assert json.loads(_output("node", "-e", script))["host"] == STORE


def test_a_websocket_with_amqp_in_it(behind_proxy: Desk) -> None:
    """azure-servicebus uses websocket-client where the environment names a proxy."""
    edge = Edge({BUS: _bus()}, _certificate_for_bus(behind_proxy), behind_proxy.gate)
    port = behind_proxy.run(edge.start())
    connection = websocket.create_connection(
        f"wss://{BUS}:443/$servicebus/websocket",
        subprotocols=["AMQPWSB10"],
        http_proxy_host="127.0.0.1",
        http_proxy_port=port,
        proxy_type="http",
        sslopt={"ca_certs": str(behind_proxy.certificate.authority)},
        timeout=60,
    )
    connection.send_binary(b"AMQP" * 50_000)
    assert connection.recv() == b"AMQP" * 50_000
    assert (connection.getsubprotocol() or "").upper() == "AMQPWSB10"
    connection.close()
    behind_proxy.run(edge.stop())


def test_a_client_that_leaves_ends_the_work_for_it(behind_proxy: Desk) -> None:
    began, ended = [], []

    async def wait(request: web.Request) -> web.Response:
        began.append(1)
        try:
            async for _ in request.content.iter_any():
                pass
        finally:
            ended.append(1)
        return web.Response()

    application = web.Application()
    application.router.add_put("/", wait)
    edge = Edge({STORE: application}, behind_proxy.certificate, behind_proxy.gate)
    behind_proxy.port = behind_proxy.run(edge.start())
    with behind_proxy.tunnel() as tunnel:
        tunnel.sendall(f"PUT / HTTP/1.1\r\nHost: {STORE}\r\nContent-Length: 9\r\n\r\n".encode())
        behind_proxy.until(lambda: began == [1])
    behind_proxy.until(lambda: ended == [1])
    behind_proxy.run(edge.stop())


def _bus() -> web.Application:
    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["AMQPWSB10"])
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(message.data)
        return socket

    application = web.Application()
    application.router.add_get("/$servicebus/websocket", echo)
    return application


def _certificate_for_bus(desk: Desk) -> Certificate:
    return Certificate.keep(desk.state, [STORE, VAULT, BUS])


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
