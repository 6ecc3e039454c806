"""The real SDK against a storage account that gives canned answers: which requests go out."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceResponseError
from azure.storage.blob import ContainerClient

from services.common import blobs

LAST_MODIFIED = "Tue, 03 Nov 2026 08:00:00 GMT"


@dataclass
class Account:
    """A canned response for every request, and the requests."""

    status: int = 201
    code: str = ""
    asked: list[tuple[str, str, Message]] = field(default_factory=list)
    url: str = ""

    def container(self) -> ContainerClient:
        return ContainerClient(self.url, "photos", retry_total=0)


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()

    class Storage(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            account.asked.append((self.command, self.path, self.headers))
            self.send_response(account.status)
            if account.code:
                self.send_header("x-ms-error-code", account.code)
            self.send_header("Last-Modified", LAST_MODIFIED)
            self.send_header("ETag", '"0x1"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_GET = do_HEAD = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Storage)
    account.url = f"http://127.0.0.1:{server.server_port}/account"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield account
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_original_of_any_size_is_created_by_one_put_that_never_overwrites(
    account: Account,
) -> None:
    size = 20_000_000
    assert blobs.create(account.container(), "id", io.BytesIO(bytes(size)), size)
    [(method, path, headers)] = account.asked
    assert (method, path) == ("PUT", "/account/photos/id")
    assert headers["If-None-Match"] == "*"
    assert headers["Content-Length"] == str(size)


@pytest.mark.parametrize(
    ("status", "code"), [(409, "BlobAlreadyExists"), (403, "UnauthorizedBlobOverwrite")]
)
def test_a_blob_that_is_there_already_is_no_error(account: Account, status: int, code: str) -> None:
    account.status, account.code = status, code
    assert not blobs.create(account.container(), "id", b"", 0)


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AuthorizationPermissionMismatch"), (404, "ContainerNotFound")]
)
def test_a_missing_role_or_container_is_an_error(account: Account, status: int, code: str) -> None:
    account.status, account.code = status, code
    with pytest.raises(HttpResponseError):
        blobs.create(account.container(), "id", b"", 0)
    for prove in (blobs.prove_create, blobs.prove_read, blobs.prove_tags):
        with pytest.raises(HttpResponseError):
            prove(account.container())


def test_reading_is_proved_by_the_head_of_a_blob_that_is_not_there(account: Account) -> None:
    account.status, account.code = 404, "BlobNotFound"
    blobs.prove_read(account.container())
    assert [(method, path) for method, path, _ in account.asked] == [
        ("HEAD", "/account/photos/readiness-probe-missing")
    ]


def test_seeing_tags_is_proved_by_the_tags_of_a_blob_that_is_not_there(account: Account) -> None:
    account.status, account.code = 404, "BlobNotFound"
    blobs.prove_tags(account.container())
    assert account.asked[0][1] == "/account/photos/readiness-probe-missing?comp=tags"


def test_creating_is_proved_by_a_probe_that_may_be_there_already(account: Account) -> None:
    blobs.prove_create(account.container())
    account.status, account.code = 403, "UnauthorizedBlobOverwrite"
    blobs.prove_create(account.container())
    assert {path for _, path, _ in account.asked} == {"/account/photos/readiness-probe"}


def test_only_a_missing_blob_may_be_taken_for_a_missing_blob() -> None:
    error = ResourceNotFoundError("gone")
    error.error_code = "ContainerNotFound"  # type: ignore[attr-defined]
    with pytest.raises(ResourceNotFoundError):
        blobs.expect_blob_not_found(error)


def only_here(pause: Callable[[float], None]) -> Callable[[float], None]:
    """`pause` for this thread, and a real one for others, which earlier tests may have left."""
    here, really = threading.current_thread(), time.sleep

    def sleep(seconds: float) -> None:
        (pause if threading.current_thread() is here else really)(seconds)

    return sleep


def test_storage_that_hangs_is_given_up_after_the_attempts_that_were_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", only_here(pauses.append))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/account"
        anyone: Any = None
        account = blobs.open_account(url, anyone, read_timeout=0.1, retries=1)
        with pytest.raises(ServiceResponseError):
            blobs.create(account.get_container_client("photos"), "id", b"", 0)
    [pause] = pauses
    assert 2 <= pause <= 4
