"""A session that threads share keeps no cookies."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from services.common.session import open_session


class Baker(BaseHTTPRequestHandler):
    """Hands out a cookie, and says which one came."""

    def do_GET(self) -> None:
        came = (self.headers["Cookie"] or "").encode()
        self.send_response(200)
        self.send_header("Set-Cookie", "who=somebody")
        self.send_header("Content-Length", str(len(came)))
        self.end_headers()
        self.wfile.write(came)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Baker) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_cookie_of_one_answer_is_in_no_later_request(url: str) -> None:
    with open_session() as session, requests.Session() as ordinary:
        assert [session.get(url, timeout=60).text for _ in range(2)] == ["", ""]
        assert [ordinary.get(url, timeout=60).text for _ in range(2)] == ["", "who=somebody"]
