"""The real credential against an identity endpoint: which identity a token request names."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from services.common.credential import open_credential

SCOPE = "https://vault.azure.net/.default"
CLIENT_ID = "2a9c9b7e-1111-4222-8333-444455556666"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, list[str]]]]:
    """The requests to an identity endpoint like that of Container Apps."""
    queries: list[dict[str, list[str]]] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            queries.append(parse_qs(urlsplit(self.path).query))
            token = {"access_token": "t", "expires_on": str(int(time.time()) + 86400)}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(token | {"token_type": "Bearer"}).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "secret-header")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    yield queries
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_user_assigned_identity_is_named_in_the_token_request(
    asked: list[dict[str, list[str]]],
) -> None:
    open_credential(CLIENT_ID).get_token(SCOPE)
    assert asked[0]["client_id"] == [CLIENT_ID]


def test_a_system_assigned_identity_sends_no_id_even_if_the_environment_has_one(
    asked: list[dict[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT_ID)
    open_credential(None).get_token(SCOPE)
    assert set(asked[0]) == {"api-version", "resource"}


def test_a_token_is_asked_for_once_and_then_comes_from_the_cache(
    asked: list[dict[str, list[str]]],
) -> None:
    credential = open_credential(None)
    credential.get_token(SCOPE)
    credential.get_token(SCOPE)
    assert len(asked) == 1


def test_a_credential_that_nobody_chose_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_TOKEN_CREDENTIALS", raising=False)
    with pytest.raises(ValueError, match="AZURE_TOKEN_CREDENTIALS"):
        open_credential(None)
