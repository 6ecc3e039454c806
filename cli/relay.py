"""Stands between one program and the managed identity endpoint, to know which tokens it was given.

The audit names the identity that asked, and the service of that name asks beside the program.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError

from sandbox.edge import LOOPBACK

_TIMEOUT = 60.0
# What belongs to one connection, and so is not passed on to another.
_OF_A_CONNECTION = frozenset({"connection", "host", "keep-alive", "transfer-encoding"})


class Relay(ThreadingHTTPServer):
    """Passes requests on to the endpoint at `address`; `tokens` are the ids of those it gave."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        """Raises OSError if there is no port to be had."""
        super().__init__((LOOPBACK, 0), _Passing)
        self.endpoint = urlsplit(address)
        self.tokens = set[str]()

    @property
    def address(self) -> str:
        """Where a program finds it."""
        return f"http://{LOOPBACK}:{self.server_port}{self.endpoint.path}"

    def note(self, body: bytes) -> None:
        """Remember the token in an answer, if there is one."""
        with suppress(ValueError, TypeError, LookupError, JoseError):
            token = json.loads(body)["access_token"]
            self.tokens.add(json.loads(jws.extract_compact(token.encode()).payload)["uti"])


@contextmanager
def relayed(address: str) -> Iterator[Relay]:
    """A relay to the endpoint at `address`, for as long as the block takes. Raises OSError."""
    with Relay(address) as relay:
        serving = Thread(target=relay.serve_forever, daemon=True)
        serving.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            serving.join()


class _Passing(BaseHTTPRequestHandler):
    """Asks the endpoint the same, and gives its answer back as it came."""

    server: Relay

    def do_GET(self) -> None:
        endpoint = http.client.HTTPConnection(self.server.endpoint.netloc, timeout=_TIMEOUT)
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _OF_A_CONNECTION
        }
        try:
            endpoint.request("GET", self.path, headers=kept)
            answer = endpoint.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # as if nobody listened
            return
        finally:
            endpoint.close()
        # Before the program has it: whatever it asks with it is then known as its own.
        self.server.note(body)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_A_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: stderr is the program's."""
