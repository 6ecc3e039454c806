"""An outside issuer of a test's own: it signs tokens, and publishes its keys over HTTPS."""

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import trustme
from joserfc import jwt
from joserfc.jwk import RSAKey

SUBJECT = "repo:octo/app:ref:refs/heads/main"
AUDIENCE = "api://AzureADTokenExchange"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Outside:
    """The issuer: `answers` are the bodies, or the statuses, that it gives by path."""

    address: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048), repr=False)
    kid: str = "outside-1"
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers[DISCOVERY] = {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        self.answers["/keys"] = {"keys": [self.published()]}

    def published(self) -> Mapping[str, Any]:
        """Return the public half of its key."""
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig"}

    def token(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Return a token as GitHub's, with `claims` and `header` in the place of the usual."""
        now = int(time.time())
        usual = {
            "iss": self.address,
            "sub": SUBJECT,
            "aud": AUDIENCE,
            "iat": now - 10,
            "nbf": now - 10,
            "exp": now + 300,
        }
        found = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.kid, **(header or {})}, found, self.key)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Outside, Path]]:
    """Serve an issuer on loopback; yield it with the authority that clients must trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "outside.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        issuer = Outside(f"https://127.0.0.1:{server.server_port}")
        _Handler.issuer = issuer
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield issuer, folder / "outside.pem"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    issuer: Outside

    def do_GET(self) -> None:
        self.issuer.asked.append(self.path)
        answer = self.issuer.answers.get(self.path, 404)
        if isinstance(answer, int):
            self.send_response(answer)
            self.send_header("Location", f"{self.issuer.address}/keys")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
