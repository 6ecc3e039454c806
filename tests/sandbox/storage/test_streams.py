"""Bodies pass both ways untouched, in pieces; answers look like Azure's."""

import asyncio
import gzip
import hashlib
import http.client
import re
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from sandbox.audit import Audit, Gate
from sandbox.entra import Verifier, blob_audiences
from sandbox.storage import free_port
from sandbox.storage.azurite import new_key
from sandbox.storage.backend import Backend, seconds_for
from sandbox.storage.forward import Forwarded
from sandbox.storage.plane import BlobStorage
from tests.sandbox.storage.harness import VERSION, Storage, policy_of

BLOCK = {"x-ms-blob-type": "BlockBlob"}
MEGABYTE = 1024 * 1024
LARGE = 30 * MEGABYTE


def head_of(storage: Storage, method: str, target: str, who: str, *lines: str) -> bytes:
    text = "\r\n".join(
        [
            f"{method} {target} HTTP/1.1",
            f"Host: {storage.host}",
            f"x-ms-version: {VERSION}",
            f"Authorization: Bearer {storage.token(who)}",
            *lines,
            "\r\n",
        ]
    )
    return text.encode()


def test_a_large_blob_passes_without_being_held(storage: Storage) -> None:
    piece = bytes(range(256)) * 256
    put = head_of(
        storage,
        "PUT",
        "/scratch/large",
        "owner",
        "x-ms-blob-type: BlockBlob",
        f"Content-Length: {LARGE}",
    )
    tracemalloc.start()
    try:
        with storage.connect() as channel:
            channel.sendall(put)
            for _ in range(LARGE // len(piece)):
                channel.sendall(piece)
            answer = http.client.HTTPResponse(channel)
            answer.begin()
            assert answer.status == 201
        with storage.connect() as channel:
            channel.sendall(head_of(storage, "GET", "/scratch/large", "owner"))
            answer = http.client.HTTPResponse(channel)
            answer.begin()
            assert answer.headers["Content-Length"] == str(LARGE)
            received = hashlib.sha256()
            while some := answer.read(65536):
                received.update(some)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert received.hexdigest() == hashlib.sha256(piece * (LARGE // len(piece))).hexdigest()
    assert most < LARGE / 3


def test_the_sdk_uploads_in_parallel_blocks(storage: Storage) -> None:
    blob = storage.sdk(
        "thumbnailer", max_single_put_size=MEGABYTE, max_block_size=MEGABYTE
    ).get_blob_client("thumbnails", "blocks")
    content = b"0123456789abcdef" * (MEGABYTE // 16) * 6
    blob.upload_blob(content, overwrite=True, max_concurrency=4)
    assert blob.download_blob(max_concurrency=4).readall() == content


def test_what_is_compressed_stays_as_it_is(storage: Storage) -> None:
    content = gzip.compress(b"light" * 1000)
    headers = BLOCK | {"Content-Encoding": "gzip", "x-ms-blob-content-encoding": "gzip"}
    assert storage.send("PUT", "/scratch/gzip", "owner", headers, content).status == 201
    answer = storage.send("GET", "/scratch/gzip", "owner", {"Accept-Encoding": "gzip"})
    assert answer.body == content
    assert answer.headers["Content-Encoding"] == "gzip"


def test_what_an_unfinished_upload_would_have_made_is_not_there(storage: Storage) -> None:
    length = f"Content-Length: {MEGABYTE}"
    put = head_of(storage, "PUT", "/scratch/half", "owner", "x-ms-blob-type: BlockBlob", length)
    with storage.connect() as channel:
        channel.sendall(put + b"x" * (MEGABYTE // 2))
        time.sleep(0.2)
    time.sleep(0.3)
    assert storage.send("GET", "/scratch/half", "owner").status == 404


def test_an_unread_download_is_let_go(storage: Storage) -> None:
    content = b"x" * (8 * MEGABYTE)
    storage.send("PUT", "/scratch/unread", "owner", BLOCK, content)
    for _ in range(5):
        with storage.connect() as channel:
            channel.sendall(head_of(storage, "GET", "/scratch/unread", "owner"))
            channel.recv(1000)
    assert storage.send("GET", "/scratch/unread", "owner").body == content


def test_a_body_is_asked_for_only_once_it_is_allowed(storage: Storage) -> None:
    lines = ("x-ms-blob-type: BlockBlob", "Content-Length: 5", "Expect: 100-continue")
    with storage.connect() as channel:
        channel.sendall(head_of(storage, "PUT", "/originals/expected", "nobody", *lines))
        assert channel.recv(100).startswith(b"HTTP/1.1 403 ")
    with storage.connect() as channel:
        channel.sendall(head_of(storage, "PUT", "/originals/expected", "gateway", *lines))
        assert channel.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        channel.sendall(b"light")
        assert channel.recv(100).startswith(b"HTTP/1.1 201 ")
    assert storage.send("GET", "/originals/expected", "owner").body == b"light"


def test_an_answer_repeats_version_and_id_of_its_request(storage: Storage) -> None:
    storage.send("PUT", "/scratch/answers", "owner", BLOCK, b"light")
    asked = {"x-ms-version": "2021-12-02", "x-ms-client-request-id": "my-own-id"}
    for who, target in (("owner", "answers"), ("owner", "nowhere"), ("nobody", "answers")):
        answer = storage.send("GET", f"/scratch/{target}", who, asked)
        assert answer.headers.get_all("x-ms-version") == ["2021-12-02"]
        assert answer.headers.get_all("x-ms-client-request-id") == ["my-own-id"]
        assert len(answer.headers.get_all("Server") or ()) == 1
        assert answer.headers["Date"]
        assert answer.headers["x-ms-request-id"]
    odd = asked | {"x-ms-client-request-id": "x" * 2000}
    assert "x-ms-client-request-id" not in storage.send("GET", "/scratch/x", None, odd).headers


def test_an_error_is_xml_as_azure_writes_it(storage: Storage) -> None:
    answer = storage.send("GET", "/scratch/x", "nobody")
    request_id = answer.headers["x-ms-request-id"]
    assert answer.text.startswith('\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>')
    # Seen on Azure, too: Azure/azure-sdk-for-rust issue 1318.
    assert answer.headers["Content-Length"] == "279"
    assert f"using this permission.\nRequestId:{request_id}\nTime:20" in answer.text
    assert answer.headers["Content-Type"] == "application/xml"


def test_a_listing_names_the_endpoint_as_azure_does(storage: Storage) -> None:
    storage.send("PUT", "/scratch/listed", "owner", BLOCK, b"light")
    for target in ("/scratch?restype=container&comp=list", "/?comp=list"):
        listing = storage.send("GET", target, "owner").text
        assert f'ServiceEndpoint="https://{storage.host}/"' in listing


def test_a_listing_comes_in_pages_and_by_folders(storage: Storage) -> None:
    container = storage.sdk("owner").create_container("in-pages-and-by-folders")
    for name in ("a/1", "a/2", "b/1", "c"):
        container.upload_blob(name, b"")
    pages = [
        [each.name for each in page] for page in container.list_blobs(results_per_page=3).by_page()
    ]
    assert pages == [["a/1", "a/2", "b/1"], ["c"]]
    assert [each.name for each in container.walk_blobs(delimiter="/")] == ["a/", "b/", "c"]
    assert list(container.list_blob_names(name_starts_with="a/")) == ["a/1", "a/2"]


def test_metadata_comes_without_the_blob(storage: Storage) -> None:
    headers = BLOCK | {"x-ms-meta-Place": "Delft"}
    storage.send("PUT", "/scratch/meta", "owner", headers, b"light")
    for method in ("GET", "HEAD"):
        answer = storage.send(method, "/scratch/meta?comp=metadata", "owner")
        assert (answer.status, answer.body) == (200, b"")
        assert "x-ms-meta-Place: Delft" in str(answer.headers)


def test_names_of_metadata_are_signed_in_any_order(storage: Storage) -> None:
    """Azurite sorts headers as people do, and a signature over another order is none."""
    names = ["a", "A_b", "ab", "a1", "_a", "a_1", "aB_", "Z", "b_", "b1", "b"]
    headers = BLOCK | {f"x-ms-meta-{name}": "x" for name in names}
    assert storage.send("PUT", "/scratch/order", "owner", headers).status == 201


def through(storage: Storage, backend: Backend, audit: Path) -> tuple[int, str]:
    """Return the answer of a plane on another backend to a good request."""

    async def ask() -> tuple[int, str]:
        account, tenant = storage.deployment.storage, storage.deployment.tenant_id
        verifier = Verifier([storage.signing], tenant, blob_audiences(account.host), {})
        gate = Gate(policy_of(storage.deployment, storage.principals), Audit(audit))
        runner = web.AppRunner(
            BlobStorage(account, tenant, verifier, gate, backend).application(), access_log=None
        )
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        headers = {
            "Host": storage.host,
            "x-ms-version": VERSION,
            "Authorization": f"Bearer {storage.token('owner')}",
        }
        url = f"http://127.0.0.1:{port}/scratch/x"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            found = answer.status, answer.headers.get("x-ms-error-code", "")
        await runner.cleanup()
        return found

    return asyncio.run(ask())


def test_an_azurite_that_is_down_is_a_busy_server(storage: Storage, tmp_path: Path) -> None:
    backend = Backend(storage.azurite.account, storage.host, free_port(), storage.azurite.key)
    assert through(storage, backend, tmp_path / "audit") == (503, "ServerBusy")


@contextmanager
def answering(*pieces: bytes, pause: float = 0) -> Iterator[int]:
    """Listen on a port in place of Azurite; send these bytes to each request, after pauses."""

    def serve(listener: socket.socket, clients: list[socket.socket]) -> None:
        with suppress(OSError):  # the test has closed the listener
            while True:
                clients.append(listener.accept()[0])
                clients[-1].recv(65536)
                for piece in pieces:
                    clients[-1].sendall(piece)
                    time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        clients: list[socket.socket] = []
        threading.Thread(target=serve, args=(listener, clients), daemon=True).start()
        yield listener.getsockname()[1]
        for each in clients:
            each.close()


def test_an_azurite_that_hangs_has_azures_time_and_no_more(
    storage: Storage, tmp_path: Path
) -> None:
    account, key = storage.azurite.account, storage.azurite.key
    with answering() as port:
        backend = Backend(account, storage.host, port, key, longest=0.2)
        assert through(storage, backend, tmp_path / "audit") == (500, "OperationTimedOut")


def test_a_body_may_take_longer_than_the_answers_beginning(
    storage: Storage, tmp_path: Path
) -> None:
    account, key = storage.azurite.account, storage.azurite.key
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-ms-blob-type: BlockBlob\r\n\r\n"
    with answering(head, b"light", pause=3) as port:
        backend = Backend(account, storage.host, port, key, longest=2)
        assert through(storage, backend, tmp_path / "audit") == (200, "")


@pytest.mark.parametrize(
    ("method", "parameters", "length", "seconds"),
    [
        ("GET", {}, 0, 30),
        ("GET", {"timeout": "7"}, 0, 7),
        ("GET", {"timeout": "90"}, 0, 30),
        ("GET", {"timeout": "0"}, 0, 30),
        ("PUT", {}, 1000, 30),
        ("PUT", {"comp": "block"}, 4 * MEGABYTE, 2400),
        ("PUT", {"comp": "block", "timeout": "90"}, 4 * MEGABYTE, 90),
        ("PUT", {"comp": "blocklist"}, 1000, 60),
        ("GET", {"comp": "blocklist"}, 0, 30),
    ],
)
def test_a_request_has_the_seconds_that_azure_allows(
    method: str, parameters: dict[str, str], length: int, seconds: float
) -> None:
    forwarded = Forwarded(method, "/scratch/x", parameters, {}, takes_body=method == "PUT")
    assert seconds_for(forwarded, length) == seconds


def test_an_azurite_that_does_not_know_the_gateway_is_no_missing_role(
    storage: Storage, tmp_path: Path
) -> None:
    backend = Backend(storage.azurite.account, storage.host, storage.azurite.port, new_key())
    assert through(storage, backend, tmp_path / "audit") == (500, "InternalError")
    assert through(storage, storage.azurite.backend(), tmp_path / "audit") == (404, "BlobNotFound")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_reader_gets_404_for_a_missing_blob(storage: Storage, method: str) -> None:
    answer = storage.send(method, "/thumbnails/nowhere", "gateway")
    assert (answer.status, answer.code) == (404, "BlobNotFound")
    answer = storage.send(method, "/never-made/nowhere", "owner")
    assert (answer.status, answer.code) == (404, "ContainerNotFound")


def test_an_error_has_its_time_in_seven_digits_from_either_side(storage: Storage) -> None:
    for path, who in (("/thumbnails/nowhere", "gateway"), ("/thumbnails/nowhere", "nobody")):
        answer = storage.send("GET", path, who)
        found = re.search(r"\nRequestId:(.*)\nTime:(.*)</Message>", answer.text)
        assert found is not None
        assert found[1] == answer.headers["x-ms-request-id"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", found[2])
