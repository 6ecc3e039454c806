"""The endpoint as it runs, with a developer whose sign-in a test decides on."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AuthenticationRecord, AuthenticationRequiredError
from werkzeug.serving import make_server

from local.identity_endpoint.app import build
from local.identity_endpoint.identities import Identity
from local.identity_endpoint.sign_in import SignIn

STORAGE, VAULT = "https://storage.azure.com", "https://vault.azure.net"
RECORD = AuthenticationRecord("tenant", "client", "authority", "account", "developer@example.com")
_WITHIN = 60.0


@dataclass
class Developer:
    """The used part of DeviceCodeCredential, and the user that completes the sign-in."""

    here: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    declines: int = 0
    known: bool = False
    unknown: str = ""
    busy: threading.Lock = field(default_factory=threading.Lock)
    met: bool = False

    def get_token(self, *scopes: str) -> AccessToken:
        if not self.busy.acquire(blocking=False):
            self.met = True
            return AccessToken("", 0)
        with self.busy_until_done():
            return self._token(*scopes)

    @contextmanager
    def busy_until_done(self) -> Iterator[None]:
        """Long enough for another to come in between, if any may."""
        time.sleep(0.02)
        try:
            yield
        finally:
            self.busy.release()

    def _token(self, *scopes: str) -> AccessToken:
        if not self.known:
            raise AuthenticationRequiredError(scopes)
        if scopes[0] == self.unknown:
            raise ClientAuthenticationError("AADSTS500011: no such resource")
        return AccessToken(f"token for {scopes[0]}", int(time.time()) + 3600)

    def authenticate(self, *, scopes: list[str]) -> AuthenticationRecord:
        self.asked += 1
        assert self.here.wait(_WITHIN), f"nobody came to sign in for {scopes}"
        if self.declines:
            self.declines -= 1
            raise ClientAuthenticationError("the code has expired")
        self.known = True
        return RECORD


@dataclass(frozen=True)
class Endpoint:
    """The running endpoint: its address, identities, and sign-in."""

    url: str
    known: dict[str, Identity]
    developer: Developer
    sign_in: SignIn
    record: Path


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    until = time.monotonic() + _WITHIN
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    """An endpoint with a pending sign-in."""
    known = {
        "gateway": Identity("gateway", "secret of gateway", "c0fc19b5-0000-4000-8000-1", {STORAGE}),
        "notifier": Identity(
            "notifier", "secret of notifier", "c0fc19b5-0000-4000-8000-2", {VAULT}
        ),
    }
    developer, record = Developer(), tmp_path / "record.json"
    sign_in = SignIn(developer, record, pause=0.01)
    server = make_server("127.0.0.1", 0, build(list(known.values()), sign_in), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    sign_in.start()
    url = f"http://127.0.0.1:{server.server_port}/msi/token"
    yield Endpoint(url, known, developer, sign_in, record)
    sign_in.stop()
    developer.here.set()
    server.shutdown()
    thread.join()


@pytest.fixture
def signed_in(endpoint: Endpoint) -> Endpoint:
    """An endpoint at which the developer has signed in."""
    endpoint.developer.here.set()
    eventually(lambda: endpoint.sign_in.signed_in)
    return endpoint
