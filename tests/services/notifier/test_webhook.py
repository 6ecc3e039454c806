"""Webhooks: signed so that the library verifies them, and judged by their answer."""

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook
from urllib3 import HTTPResponse

from services.common.consumer import Permanent, Transient
from services.common.session import open_session
from services.notifier.webhook import Partner, raise_for_status
from services.photo_events import PROCESSED, UPLOADED, Event

PHOTO = "6f1d7f5e-8c1b-4a53-9d53-0d7c5b8f2a10"
OLD, NEW = (f"whsec_{b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
EVENT = Event(PROCESSED, "urn:keyless:thumbnailer", PHOTO, {"width": 640})


class FakeKey:
    """A secret that may have a newer version."""

    def __init__(self, newest: str = OLD) -> None:
        self.newest, self.refused = newest, [""] * 0

    def get(self) -> str:
        return OLD

    def refresh(self, refused: str) -> str:
        self.refused.append(refused)
        return self.newest


class FakePartner:
    """A partner that verifies by one key, or answers with a given status; also the session."""

    def __init__(self, *answers: int | Exception, key: str = OLD) -> None:
        self.answers = list(answers)
        self.key = key
        self.received: list[tuple[bytes, dict[str, str]]] = []
        self.options: dict[str, Any] = {}
        self.answer_body: Any = BytesIO()

    def post(self, url: str, body: bytes, headers: dict[str, str], **options: Any) -> Any:
        self.received.append((body, headers))
        self.options = options
        answer = self.answers.pop(0) if self.answers else self._verified(body, headers)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer
        response.raw = HTTPResponse(self.answer_body, preload_content=False)
        return response

    def _verified(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            Webhook(self.key).verify(body, headers)
        except Exception:
            return 401
        return 204


def deliver(partner: FakePartner, key: FakeKey | None = None) -> None:
    sender: Any = Partner("https://partner.example.com/hook", key or FakeKey(), partner)  # type: ignore[arg-type]
    sender.handle(SimpleNamespace(body=[EVENT.to_json()]))


def test_a_webhook_is_verified_by_the_library_and_carries_the_event(monkeypatch: Any) -> None:
    partner = FakePartner()
    deliver(partner)
    [(body, headers)] = partner.received
    assert body == EVENT.to_json()
    assert headers["webhook-id"] == EVENT.id


def test_the_line_about_a_webhook_names_the_photo(
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    deliver(FakePartner())
    assert [line["photo"] for line in lines()] == [PHOTO]


def test_a_repeated_webhook_carries_the_same_id() -> None:
    partner = FakePartner(500)
    with pytest.raises(Transient):
        deliver(partner)
    deliver(partner)
    assert len({headers["webhook-id"] for _, headers in partner.received}) == 1


def test_a_signature_that_is_refused_is_made_again_with_the_newest_key() -> None:
    partner, key = FakePartner(key=NEW), FakeKey(newest=NEW)
    deliver(partner, key)
    assert key.refused == [OLD]
    assert len(partner.received) == 2


def test_a_signature_that_is_refused_with_the_newest_key_too_waits() -> None:
    partner = FakePartner(key=NEW)
    with pytest.raises(Transient):
        deliver(partner)
    assert len(partner.received) == 2


def test_a_partner_that_is_not_reached_waits() -> None:
    with pytest.raises(Transient):
        deliver(FakePartner(requests.ConnectTimeout("slow")))


def test_a_key_that_cannot_sign_waits_for_another_and_is_not_repeated_in_the_log() -> None:
    partner, key = FakePartner(), FakeKey()
    key.get = lambda: "wrong"  # type: ignore[method-assign]
    with pytest.raises(Transient) as caught:
        deliver(partner, key)
    assert "wrong" not in str(caught.value)
    assert not partner.received


def test_no_redirect_is_followed_and_no_answer_waited_for_for_ever() -> None:
    partner = FakePartner()
    deliver(partner)
    assert partner.options["allow_redirects"] is False
    assert partner.options["timeout"]
    with pytest.raises(Transient):
        deliver(FakePartner(302))


class SilentBody(BytesIO):
    """A body that does not come before the time limit of the socket."""

    def read1(self, *_: object) -> bytes:
        raise TimeoutError("timed out")

    read = read1


@pytest.mark.parametrize("status", [200, 503])
def test_the_status_decides_where_the_body_does_not_come_in_time(status: int) -> None:
    partner = FakePartner(status)
    partner.answer_body = SilentBody()
    with pytest.raises(Transient) if status == 503 else nullcontext():
        deliver(partner)


class Endpoint(BaseHTTPRequestHandler):
    """A partner's server that answers with the body its server has, and notes each connection."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        with suppress(OSError):  # the notifier may have closed the connection
            for piece in self.server.pieces():
                self.wfile.write(piece)

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    body = b""
    by_byte = False
    connections = sent = 0

    def pieces(self) -> Iterator[bytes]:
        if not self.by_byte:
            yield self.body
            return
        for byte in self.body:
            self.sent += 1
            yield bytes([byte])
            time.sleep(0.01)

    def handle_error(self, *_: object) -> None:
        """Say nothing of a connection that the notifier has closed."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("length", "connections"), [(0, 1), (100, 1), (1_000_000, 3)])
def test_a_connection_is_used_again_unless_a_long_answer_waits_in_it(
    server: Server, length: int, connections: int
) -> None:
    server.body = b"x" * length
    with open_session() as session:
        session.trust_env = False
        key: Any = FakeKey()
        sender: Any = Partner(f"http://127.0.0.1:{server.server_port}", key, session)
        for _ in range(3):
            sender.handle(SimpleNamespace(body=[EVENT.to_json()]))
    assert server.connections == connections


def test_a_partner_that_sends_its_answer_byte_by_byte_holds_nobody_up(server: Server) -> None:
    server.body, server.by_byte = b"x" * 3000, True
    with open_session() as session:
        session.trust_env = False
        key: Any = FakeKey()
        sender: Any = Partner(f"http://127.0.0.1:{server.server_port}", key, session)
        sender.handle(SimpleNamespace(body=[EVENT.to_json()]))
    assert server.sent < len(server.body)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_is_done(status: int) -> None:
    raise_for_status(status, 0)


@pytest.mark.parametrize("status", [400, 409, 410, 413, 415, 422])
def test_a_partner_that_refuses_the_event_or_is_gone_is_permanent(status: int) -> None:
    with pytest.raises(Permanent):
        raise_for_status(status, 0)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 408, 425, 429, 500, 502, 503, 504])
def test_trouble_with_the_endpoint_or_the_moment_waits_as_long_as_it_asks(status: int) -> None:
    with pytest.raises(Transient) as caught:
        raise_for_status(status, 17)
    assert caught.value.retry_after == 17


@pytest.mark.parametrize("body", [b"hello", Event(UPLOADED, "s", PHOTO, {}).to_json()])
def test_a_message_that_is_not_for_partners_is_permanent(body: bytes) -> None:
    partner = FakePartner()
    sender: Any = Partner("https://partner.example.com", FakeKey(), partner)  # type: ignore[arg-type]
    with pytest.raises(Permanent, match="UnknownEvent"):
        sender.handle(SimpleNamespace(body=[body]))
    assert not partner.received
