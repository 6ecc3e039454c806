"""An upload is never held whole more than once, all the way from the socket to storage."""

import io
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from services.common import blobs
from services.gateway.app import create_app
from services.gateway.images import MAX_BYTES
from services.gateway.photos import Dependencies
from services.gateway.settings import Settings
from tests.services.test_settings import WHOLE

HEAD = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n\r\n\xff\xd8\xff'
TAIL = b"\r\n--b--\r\n"
FILLED = MAX_BYTES - 3  # the photo's first three bytes are in HEAD


class Body(io.RawIOBase):
    """A form with the largest photo, made while it is read: it is nowhere whole."""

    def __init__(self) -> None:
        self.left = FILLED
        self.ends = [TAIL, HEAD]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.left and len(self.ends) == 1:
            chunk = bytes(min(len(buffer), self.left))
            self.left -= len(chunk)
        else:
            chunk = self.ends.pop() if self.ends else b""
        buffer[: len(chunk)] = chunk
        return len(chunk)


@pytest.fixture
def storage() -> Iterator[tuple[str, list[int]]]:
    """An account that takes everything, a little at a time, and counts it."""
    stored: list[int] = []

    class Storage(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            left = int(self.headers["Content-Length"])
            stored.append(left)
            while left:
                left -= len(self.rfile.read(min(left, 1 << 16)))
            self.send_response(201)
            self.send_header("Last-Modified", "Tue, 03 Nov 2026 08:00:00 GMT")
            self.send_header("ETag", '"0x1"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Storage)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/account", stored
    server.shutdown()
    thread.join()
    server.server_close()


class Queue:
    def send(self, body: bytes, **properties: str) -> None: ...
    def prove(self) -> None: ...


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "abc"}])
def test_the_largest_photo_is_held_whole_at_most_once(
    storage: tuple[str, list[int]], headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", WHOLE["AZURE_TOKEN_CREDENTIALS"])
    url, stored = storage
    nobody: Any = None
    account = blobs.open_account(url, nobody)
    names = ("originals", "thumbnails")
    fakes: Any = (*map(account.get_container_client, names), Queue(), None)
    app = create_app(Settings(WHOLE), Dependencies(*fakes))
    environ = create_environ("/photos", method="POST", headers=headers)
    environ["CONTENT_TYPE"] = "multipart/form-data; boundary=b"
    environ["CONTENT_LENGTH"] = str(len(HEAD) + FILLED + len(TAIL))
    environ["wsgi.input"] = io.BufferedReader(Body())
    tracemalloc.start()
    _, status, _ = run_wsgi_app(app, environ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (status, stored) == ("202 ACCEPTED", [MAX_BYTES])
    assert peak < 1.5 * MAX_BYTES
