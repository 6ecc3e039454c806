import asyncio
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from aiohttp import web

from sandbox.deployment import ContainerApp, Ingress
from sandbox.edge import Address, Edge, HttpListener
from sandbox.edge.ingress import application, routes
from tests.sandbox.edge.harness import STORE, Desk

BIG = 30_000_000


def container_app(name: str, *allowed: str, external: bool = True) -> ContainerApp:
    return ContainerApp(
        f"/apps/{name}", name, {}, (), Ingress(f"{name}.example", external, allowed)
    )


def service() -> web.Application:
    """An app that returns its request, or follows the request's instructions."""

    async def tell(request: web.Request) -> web.Response:
        body = await request.read()
        told = {
            "method": request.method,
            "path": request.raw_path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
            "bytes": len(body),
        }
        return web.json_response(told, status=201, headers={"ETag": '"1"'})

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(BIG // 100_000):
            await response.write(bytes(100_000))
        return response

    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10"} if request.query else {})
        await response.prepare(request)
        await response.write(b"begun")
        assert request.transport
        request.transport.close()
        await asyncio.sleep(1)
        return response

    async def compressed(_: web.Request) -> web.Response:
        headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain"}
        return web.Response(body=gzip.compress(b"text"), headers=headers)

    async def move(_: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    made = web.Application(client_max_size=2 * BIG)
    made.router.add_get("/stream", stream)
    made.router.add_get("/break", break_off)
    made.router.add_get("/gzip", compressed)
    made.router.add_get("/move", move)
    made.router.add_route("*", "/{path:.*}", tell)
    return made


class Front:
    """One app behind its ingress, by plain HTTP."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.addresses: dict[str, Address] = {}
        self.app = container_app("shop")
        self.listener: HttpListener | None = None
        self.runner = web.AppRunner(service(), handler_cancellation=True, shutdown_timeout=0.1)
        desk.run(self._start_app())
        self.open(self.app)

    async def _start_app(self) -> None:
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.addresses["shop"] = Address(self.runner.addresses[0][1])

    def open(self, app: ContainerApp, client_address: str | None = None) -> None:
        self.close()
        made = application(app, self.addresses, self.desk.gate, client_address)
        self.listener = HttpListener(made, self.desk.gate, ["shop.example"])
        self.port = self.desk.port = self.desk.run(self.listener.start())

    def close(self) -> None:
        if self.listener:
            self.desk.run(self.listener.stop())

    def ask(self, path: str, method: str = "GET", **more: Any) -> requests.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, timeout=10, allow_redirects=False, **more)


@pytest.fixture
def front(desk: Desk) -> Iterator[Front]:
    front = Front(desk)
    edge_port = desk.port
    yield front
    front.close()
    desk.run(front.runner.cleanup())
    desk.port = edge_port


def test_an_app_is_asked_and_answers(front: Front) -> None:
    answer = front.ask("/a?b=%2F", "PUT", data=b"body", headers={"X-Forwarded-For": "1.2.3.4"})
    reply = answer.json()
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert (reply["method"], reply["path"], reply["bytes"]) == ("PUT", "/a?b=%2F", 4)
    assert reply["headers"]["x-forwarded-for"] == "1.2.3.4,127.0.0.1"
    assert reply["headers"]["x-forwarded-proto"] == "http"
    assert reply["headers"]["host"] == f"127.0.0.1:{front.port}"


@pytest.mark.parametrize("target", ["/a/../b", "//a", "/%2e%2e/a%2F", "/?x=[a]&&y"])
def test_a_path_reaches_the_app_as_it_was_sent(front: Front, target: str) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert json.loads(front.desk.ask(head.encode()).rpartition("\r\n\r\n")[2])["path"] == target


def test_an_upload_keeps_its_framing(front: Front) -> None:
    whole = front.ask("/", "POST", data=bytes(BIG)).json()
    assert (whole["bytes"], whole["headers"]["content-length"]) == (BIG, str(BIG))
    chunks = front.ask("/", "POST", data=iter([b"a" * 1000] * 100)).json()
    assert (chunks["bytes"], chunks["headers"].get("content-length")) == (100_000, None)


def test_a_download_is_passed_on_as_it_comes(front: Front) -> None:
    assert len(front.ask("/stream").content) == BIG


def test_a_compressed_answer_stays_compressed(front: Front) -> None:
    answer = front.ask("/gzip", stream=True)
    assert gzip.decompress(answer.raw.read(decode_content=False)) == b"text"


def test_a_redirect_is_the_clients_to_follow(front: Front) -> None:
    assert front.ask("/move").headers["Location"] == "/elsewhere"


def test_a_head_request_has_no_body(front: Front) -> None:
    answer = front.ask("/", "HEAD")
    assert (answer.status_code, answer.content) == (201, b"")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["/break", "/break?length"])
def test_an_answer_that_breaks_off_does_not_look_whole(front: Front, path: str) -> None:
    with pytest.raises(requests.exceptions.RequestException):
        front.ask(path)


def test_an_app_that_is_not_up_is_a_503(front: Front) -> None:
    place = front.addresses.pop("shop")
    assert front.ask("/").status_code == 503
    front.addresses["shop"] = Address(1)  # nobody listens there
    answer = front.ask("/", "POST", data=b"x")
    assert (answer.status_code, answer.text) == (
        503,
        "upstream connect error or disconnect/reset before headers.",
    )
    front.addresses["shop"] = place
    assert front.ask("/").status_code == 201


def test_an_address_that_is_not_allowed_is_refused_and_on_record(front: Front) -> None:
    front.open(container_app("shop", "10.0.0.0/8"))
    answer = front.ask("/")
    assert (answer.status_code, answer.text) == (403, "RBAC: access denied")
    assert front.desk.refusals() == [
        "GET shop.example: 127.0.0.1 is not among the addresses that shop admits"
    ]
    front.open(container_app("shop", "10.0.0.0/8", "127.0.0.1/32"))
    assert front.ask("/").status_code == 201


def test_behind_a_published_port_everybody_is_who_can_reach_it(front: Front) -> None:
    front.open(container_app("shop", "10.0.0.0/8"), client_address="10.0.0.7")
    assert front.ask("/").json()["headers"]["x-forwarded-for"] == "10.0.0.7"
    front.open(container_app("shop", "10.0.0.0/8"), client_address="192.168.0.7")
    assert front.ask("/").status_code == 403


@pytest.mark.parametrize(
    ("status", "host"),
    [(201, "localhost:1"), (201, "shop.example"), (400, "rebound.example"), (400, "shop.example.")],
)
def test_plain_http_answers_to_loopback_and_the_apps_own_name(
    front: Front, status: int, host: str
) -> None:
    assert front.ask("/", headers={"Host": host}).status_code == status


def test_apps_are_reached_through_the_proxy_by_their_host_names(front: Front) -> None:
    desk = front.desk
    hidden = ContainerApp("/apps/worker", "worker", {}, (), None)
    ways_in = routes([container_app("shop", external=False), hidden], front.addresses, desk.gate)
    assert list(ways_in) == ["shop.example"]
    edge = Edge(ways_in | {STORE: desk.echo(STORE)}, desk.certificate, desk.gate)
    desk.port = desk.run(edge.start())
    context = desk.trust()
    context.check_hostname = False
    with desk.tunnel("shop.example", context) as tunnel:
        tunnel.sendall(b"GET /a HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: tunnel.recv(65536), b""))
    headers = json.loads(answer.rpartition(b"\r\n\r\n")[2])["headers"]
    assert (headers["x-forwarded-proto"], headers["host"]) == ("https", "shop.example")
    assert desk.ask(b"CONNECT worker.example:443 HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 403 ")
    desk.run(edge.stop())


def test_an_app_without_ingress_has_no_way_in(front: Front) -> None:
    with pytest.raises(ValueError, match="worker has no ingress"):
        application(ContainerApp("/a", "worker", {}, (), None), {}, front.desk.gate)
