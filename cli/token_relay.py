"""A relay to the managed identity endpoint, which records the tokens that one program received.

The audit names only the identity, which the program shares with the running service. So the relay
asks for tokens that differ in their ids from those that the endpoint's cache holds for the service.
"""

import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError

from sandbox.commands import LOOPBACK
from sandbox.identity import PROGRAM_HEADER

_TIMEOUT = 60.0
# Headers of one connection, which are not passed on to another.
_OF_A_CONNECTION = frozenset({"connection", "host", "keep-alive", "transfer-encoding"})


class Relay(ThreadingHTTPServer):
    """Forwards requests to the endpoint at `address`; `tokens` has the ids of issued tokens."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        """Raises OSError if no port is free."""
        super().__init__((LOOPBACK, 0), _Passing)
        self.endpoint = urlsplit(address)
        self.tokens = set[str]()
        self.program = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """The address for a program to use instead of the endpoint's."""
        return f"http://{LOOPBACK}:{self.server_port}{self.endpoint.path}"

    def note(self, body: bytes) -> None:
        """Record the id of the token in an answer, if it has one."""
        with suppress(ValueError, TypeError, LookupError, JoseError):
            token = json.loads(body)["access_token"]
            self.tokens.add(json.loads(jws.extract_compact(token.encode()).payload)["uti"])


@contextmanager
def relayed(address: str) -> Iterator[Relay]:
    """Run a relay to the endpoint at `address` during the block. Raises OSError."""
    with Relay(address) as relay:
        serving = Thread(target=relay.serve_forever, daemon=True)
        serving.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            serving.join()


class _Passing(BaseHTTPRequestHandler):
    """Sends each request to the endpoint, and returns its answer unchanged."""

    server: Relay

    def do_GET(self) -> None:
        endpoint = http.client.HTTPConnection(self.server.endpoint.netloc, timeout=_TIMEOUT)
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _OF_A_CONNECTION
        }
        try:
            endpoint.request("GET", self.path, headers=kept | {PROGRAM_HEADER: self.server.program})
            answer = endpoint.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # as if the endpoint did not listen
            return
        finally:
            endpoint.close()
        # Recorded before the program has the token, and so before its first request.
        self.server.note(body)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_A_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: stderr is the program's."""
