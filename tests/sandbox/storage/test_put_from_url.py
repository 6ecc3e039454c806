"""A whole blob that is read from another one, by a credential for that blob."""

import base64
import hashlib
import uuid

import pytest

from tests.sandbox.storage.harness import BLOBS, Answer, Storage

READ, WRITE, ADD = f"{BLOBS}/read", f"{BLOBS}/write", f"{BLOBS}/add/action"
PROPERTIES = {
    "x-ms-blob-content-type": "image/jpeg",
    "x-ms-blob-content-language": "es",
    "x-ms-blob-cache-control": "no-store",
}


@pytest.fixture(autouse=True)
def source(storage: Storage) -> str:
    """The address of a blob with properties, tags and a tier."""
    headers = {
        "x-ms-blob-type": "BlockBlob",
        "x-ms-tags": "kind=photo",
        "x-ms-access-tier": "Cool",
        **PROPERTIES,
    }
    assert storage.send("PUT", "/elsewhere/whole", "owner", headers, b"content").status == 201
    return f"https://{storage.host}/elsewhere/whole"


def put(
    storage: Storage, target: str, source: str, who: str, reader: str = READ, **more: str
) -> Answer:
    headers = {
        "x-ms-blob-type": "BlockBlob",
        "x-ms-copy-source": source,
        **({"x-ms-copy-source-authorization": f"Bearer {storage.token(reader)}"} if reader else {}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return storage.send("PUT", target, who, headers)


def fresh() -> str:
    return f"/scratch/{uuid.uuid4().hex}"


def test_it_takes_the_right_to_write_there_and_a_token_that_may_read_the_source(
    storage: Storage, source: str
) -> None:
    target = fresh()
    assert put(storage, target, source, WRITE).status == 201
    assert storage.send("GET", target, "owner").body == b"content"
    written, read = storage.audited()[-3:-1]
    assert (written.operation, written.identity) == ("PutBlobFromURL", WRITE)
    assert (read.operation, read.identity) == ("GetBlob", READ)
    denied = put(storage, fresh(), source, READ)
    assert (denied.status, denied.code) == (403, "AuthorizationPermissionMismatch")
    for reader in (WRITE, ""):
        answer = put(storage, fresh(), source, "owner", reader)
        assert answer.code == "CannotVerifyCopySource"


def test_the_right_to_add_creates_and_replaces_nothing(storage: Storage, source: str) -> None:
    target = fresh()
    assert put(storage, target, source, ADD).status == 201
    again = put(storage, target, source, ADD)
    assert (again.status, again.code) == (403, "UnauthorizedBlobOverwrite")
    assert put(storage, target, source, WRITE).status == 201


def test_the_properties_are_the_sources_and_neither_tags_nor_tier(
    storage: Storage, source: str
) -> None:
    target = fresh()
    assert put(storage, target, source, "owner").status == 201
    found = storage.send("HEAD", target, "owner").headers
    assert (found["Content-Type"], found["Content-Language"]) == ("image/jpeg", "es")
    assert found["Cache-Control"] == "no-store"
    assert "x-ms-tag-count" not in found
    assert found["x-ms-access-tier"] == "Hot"


def test_a_property_of_the_request_comes_first(storage: Storage, source: str) -> None:
    target = fresh()
    own = {"x_ms_blob_content_language": "en", "x_ms_tags": "a=b", "x_ms_meta_by": "me"}
    assert put(storage, target, source, "owner", **own).status == 201
    found = storage.send("HEAD", target, "owner").headers
    assert (found["Content-Language"], found["Content-Type"]) == ("en", "image/jpeg")
    assert (found["x-ms-tag-count"], found["x-ms-meta-by"]) == ("1", "me")
    assert put(storage, target, source, "owner", x_ms_copy_source_blob_properties="false")
    assert "Content-Language" not in storage.send("HEAD", target, "owner").headers


def test_the_sources_checksum_counts(storage: Storage, source: str) -> None:
    good, bad = (
        base64.b64encode(hashlib.md5(each, usedforsecurity=False).digest()).decode()
        for each in (b"content", b"other")
    )
    target = fresh()
    answer = put(storage, target, source, "owner", x_ms_source_content_md5=bad)
    assert (answer.status, answer.code) == (400, "Md5Mismatch")
    assert storage.send("GET", target, "owner").status == 404
    answer = put(storage, target, source, "owner", x_ms_source_content_md5=good)
    assert (answer.status, answer.headers["Content-MD5"]) == (201, good)


def test_the_sources_tags_are_not_copied_and_the_wish_is_refused(
    storage: Storage, source: str
) -> None:
    answer = put(storage, fresh(), source, "owner", x_ms_copy_source_tag_option="COPY")
    assert (answer.status, answer.code) == (400, "UnsupportedHeader")
