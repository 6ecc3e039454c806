"""A block, a page or an append that is read from another blob, by a token for that blob."""

import base64
import hashlib
import uuid

import pytest
from azure.storage.blob import BlobBlock

from tests.sandbox.storage.harness import BLOBS, Answer, Storage

READ, WRITE = f"{BLOBS}/read", f"{BLOBS}/write"
CONTENT = bytes(range(256)) * 8
PAGE = {"x-ms-page-write": "update", "x-ms-range": "bytes=0-1023"}
WAYS = {
    "append": ("AppendBlob", "comp=appendblock", {}),
    "block": ("BlockBlob", "comp=block&blockid=MQ%3D%3D", {}),
    "page": ("PageBlob", "comp=page", PAGE),
}


@pytest.fixture(autouse=True)
def there(storage: Storage) -> None:
    headers = {"x-ms-blob-type": "BlockBlob"}
    assert storage.send("PUT", "/elsewhere/source", "owner", headers, CONTENT).status == 201


def target(storage: Storage, kind: str) -> str:
    path = f"/scratch/{uuid.uuid4().hex}"
    headers = {"x-ms-blob-type": kind, "x-ms-blob-content-length": "2048"}
    assert storage.send("PUT", path, "owner", headers).status == 201
    return path


def write(
    storage: Storage, way: str, who: str, reader: str | None, **more: str
) -> tuple[str, Answer]:
    """Write the second half of the source, as `who`, read as `reader`."""
    kind, query, headers = WAYS[way]
    path = target(storage, kind)
    sent = {
        "x-ms-copy-source": f"https://{storage.host}/elsewhere/source",
        "x-ms-source-range": "bytes=1024-2047",
        **headers,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    if reader:
        sent["x-ms-copy-source-authorization"] = f"Bearer {storage.token(reader)}"
    return path, storage.send("PUT", f"{path}?{query}", who, sent)


def content(storage: Storage, way: str, path: str) -> bytes:
    if way == "block":
        body = b"<BlockList><Latest>MQ==</Latest></BlockList>"
        assert storage.send("PUT", f"{path}?comp=blocklist", "owner", body=body).status == 201
    return storage.send("GET", path, "owner").body


@pytest.mark.parametrize("way", WAYS)
def test_it_takes_the_right_to_write_there_and_a_token_that_may_read_the_source(
    storage: Storage, way: str
) -> None:
    path, answer = write(storage, way, WRITE, READ)
    assert answer.status == 201
    written, read = storage.audited()[-2:]
    assert (read.operation, read.identity, read.outcome) == ("GetBlob", READ, "allowed")
    assert read.scope.endswith("/elsewhere")
    assert written.operation.endswith("FromURL")
    assert (written.identity, written.outcome) == (WRITE, "allowed")
    assert content(storage, way, path).startswith(CONTENT[1024:])


@pytest.mark.parametrize("way", WAYS)
def test_a_token_that_may_not_read_the_source_is_refused_as_azure_says_it(
    storage: Storage, way: str
) -> None:
    path, answer = write(storage, way, WRITE, WRITE)
    assert (answer.status, answer.code) == (403, "CannotVerifyCopySource")
    assert answer.reason == (
        "This request is not authorized to perform this operation using this permission."
    )
    assert answer.headers["x-ms-copy-source-status-code"] == "403"
    assert answer.headers["x-ms-copy-source-error-code"] == "AuthorizationPermissionMismatch"
    assert "<Message>Could not verify the copy source within the specified time." in answer.text
    assert "<CopySourceErrorCode>AuthorizationPermissionMismatch</CopySourceErrorCode>" in (
        answer.text
    )
    denied = next(each for each in reversed(storage.audited()) if each.outcome == "denied")
    assert (denied.operation, denied.identity) == ("GetBlob", WRITE)
    assert content(storage, "", path).strip(b"\0") == b""


@pytest.mark.parametrize("way", WAYS)
def test_who_may_not_write_there_is_denied_and_nothing_is_read(storage: Storage, way: str) -> None:
    _, answer = write(storage, way, READ, READ)
    assert (answer.status, answer.code) == (403, "AuthorizationPermissionMismatch")
    denied = storage.audited()[-1]
    assert (denied.operation.endswith("FromURL"), denied.outcome) == (True, "denied")


@pytest.mark.parametrize(
    ("token", "status", "cause"),
    [
        (None, 401, "NoAuthenticationInformation"),
        ("Bearer nonsense", 401, "InvalidAuthenticationInfo"),
        ("SharedKey account:c2ln", 403, "KeyBasedAuthenticationNotPermitted"),
    ],
)
def test_the_source_is_not_read_by_the_callers_own_token(
    storage: Storage, token: str | None, status: int, cause: str
) -> None:
    more = {"x-ms-copy-source-authorization": token} if token else {}
    _, answer = write(storage, "append", "owner", None, **more)
    assert (answer.status, answer.code) == (status, "CannotVerifyCopySource")
    assert answer.headers["x-ms-copy-source-error-code"] == cause


def test_before_the_version_that_tells_it_the_cause_is_left_out(storage: Storage) -> None:
    _, answer = write(storage, "append", WRITE, WRITE, **{"x-ms-version": "2024-05-04"})
    assert (answer.status, answer.code) == (403, "CannotVerifyCopySource")
    assert "x-ms-copy-source-error-code" not in answer.headers
    _, unproven = write(storage, "append", WRITE, None, **{"x-ms-version": "2024-05-04"})
    assert (unproven.status, unproven.code) == (409, "CannotVerifyCopySource")
    assert "CopySource" not in answer.text.replace("CannotVerifyCopySource", "")


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"x-ms-source-if-match": '"0x1"'}, 412),
        ({"x-ms-source-if-none-match": "{etag}"}, 304),
        ({"x-ms-source-if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ({"x-ms-source-if-unmodified-since": "Fri, 01 Jan 2010 00:00:00 GMT"}, 412),
    ],
)
def test_a_condition_on_the_source_is_the_sources(
    storage: Storage, condition: dict[str, str], status: int
) -> None:
    etag = storage.send("HEAD", "/elsewhere/source", "owner").headers["ETag"]
    condition = {name: value.format(etag=etag) for name, value in condition.items()}
    _, answer = write(storage, "append", WRITE, READ, **condition)
    assert (answer.status, answer.code) == (status, "CannotVerifyCopySource")


def test_a_condition_on_the_target_is_the_targets(storage: Storage) -> None:
    _, answer = write(storage, "append", WRITE, READ, **{"x-ms-blob-condition-appendpos": "7"})
    assert (answer.status, answer.code) == (412, "AppendPositionConditionNotMet")


@pytest.mark.parametrize(("way", "tells"), [("append", False), ("block", True), ("page", False)])
def test_a_sum_of_the_source_is_compared(storage: Storage, way: str, tells: bool) -> None:
    for data, status in ((CONTENT[1024:], 201), (b"other", 400)):
        md5 = base64.b64encode(hashlib.md5(data).digest()).decode()  # noqa: S324
        _, answer = write(storage, way, WRITE, READ, **{"x-ms-source-content-md5": md5})
        assert answer.status == status
    assert answer.code == "Md5Mismatch"
    assert ("ServerCalculatedMd5" in answer.text) is tells


def test_the_sdk_appends_stages_and_writes_pages_from_a_url(storage: Storage) -> None:
    source = f"https://{storage.host}/elsewhere/source"
    token = f"Bearer {storage.token(READ)}"
    for kind in ("AppendBlob", "BlockBlob", "PageBlob"):
        _, container, name = target(storage, kind).split("/")
        blob = storage.sdk(WRITE).get_blob_client(container, name)
        if kind == "AppendBlob":
            blob.append_block_from_url(source, source_authorization=token)
        elif kind == "BlockBlob":
            blob.stage_block_from_url("1", source, source_authorization=token)
            blob.commit_block_list([BlobBlock("1")])
        else:
            blob.upload_pages_from_url(source, 0, 2048, 0, source_authorization=token)
        assert storage.send("GET", f"/{container}/{name}", "owner").body == CONTENT


def test_a_token_for_the_source_is_in_no_record_and_in_no_answer(storage: Storage) -> None:
    for reader in (READ, WRITE):
        _, answer = write(storage, "append", WRITE, reader)
        assert storage.token(reader) not in answer.text
        assert storage.token(reader) not in storage.audit_file.read_text()
