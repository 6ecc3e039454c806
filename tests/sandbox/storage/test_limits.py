"""Limits of Azure's that Azurite does not know."""

import uuid
from typing import cast

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import AccessPolicy
from azure.storage.blob._serialize import _SUPPORTED_API_VERSIONS

from sandbox.storage.versions import exists
from tests.sandbox.storage.harness import Storage

BLOCK = {"x-ms-blob-type": "BlockBlob"}
KILOBYTE = 1024


@pytest.fixture
def blob(storage: Storage) -> str:
    path = f"/scratch/{uuid.uuid4().hex}"
    assert storage.send("PUT", path, "owner", BLOCK, b"light").status == 201
    return path


def metadata(size: int, count: int) -> dict[str, str]:
    """So much of metadata, names and all, in so many headers."""
    names = [f"m{number:03}" for number in range(count)]
    value, rest = divmod(size - 4 * count, count)
    lengths = [value + (number < rest) for number in range(count)]
    return {f"x-ms-meta-{name}": "x" * length for name, length in zip(names, lengths, strict=True)}


@pytest.mark.parametrize("count", [1, 2, 80])
def test_metadata_of_eight_kilobytes_is_read_again_and_more_is_refused(
    storage: Storage, blob: str, count: int
) -> None:
    most, more = metadata(8 * KILOBYTE, count), metadata(8 * KILOBYTE + 1, count)
    container = f"/limits-{uuid.uuid4().hex}?restype=container"
    for target, headers in ((blob, BLOCK), (f"{blob}?comp=metadata", {}), (container, {})):
        refused = storage.send("PUT", target, "owner", headers | more)
        assert (refused.status, refused.code) == (400, "MetadataTooLarge")
        assert storage.send("PUT", target, "owner", headers | most).status in {200, 201}
    for target in (blob, container):
        answer = storage.send("GET", target, "owner")
        assert answer.status == 200
        assert {key: answer.headers[key] for key in most} == most


@pytest.mark.parametrize(
    ("size", "asked"), [(5, "5-"), (5, "5-9"), (5, "6-"), (0, "0-"), (0, "0-0"), (0, "0-99")]
)
@pytest.mark.parametrize("kind", ["BlockBlob", "AppendBlob", "PageBlob"])
def test_a_range_that_begins_at_the_end_is_none(
    storage: Storage, kind: str, size: int, asked: str
) -> None:
    path, scale = f"/scratch/{uuid.uuid4().hex}", 512 if kind == "PageBlob" else 1
    asked = "-".join(str(int(each) * scale) if each else "" for each in asked.split("-"))
    length = {"x-ms-blob-content-length": str(size * scale)} if kind == "PageBlob" else {}
    body = b"x" * size if kind == "BlockBlob" else b""
    storage.send("PUT", path, "owner", {"x-ms-blob-type": kind} | length, body)
    if kind == "AppendBlob" and size:
        storage.send("PUT", f"{path}?comp=appendblock", "owner", {}, b"x" * size)
    answer = storage.send("GET", path, "owner", {"x-ms-range": f"bytes={asked}"})
    assert (answer.status, answer.code) == (416, "InvalidRange")
    assert answer.headers["Content-Range"] == f"bytes */{size * scale}"


def test_the_sdk_reads_a_blob_to_its_end_and_an_empty_one(storage: Storage, blob: str) -> None:
    client = storage.sdk("owner").get_blob_client("scratch", blob.rpartition("/")[2])
    assert client.download_blob(offset=4).readall() == b"t"
    with pytest.raises(HttpResponseError, match="InvalidRange"):
        client.download_blob(offset=5)
    client.upload_blob(b"", overwrite=True)
    assert client.download_blob().readall() == b""


def test_a_source_is_not_read_behind_its_end(storage: Storage, blob: str) -> None:
    target = f"{blob}-2?comp=block&blockid=QQ%3D%3D"
    headers = {
        "x-ms-copy-source": f"https://{storage.host}{blob}",
        "x-ms-copy-source-authorization": f"Bearer {storage.token('owner')}",
    }
    for asked, found in (("bytes=5-", (416, "CannotVerifyCopySource")), ("bytes=4-", (201, ""))):
        answer = storage.send("PUT", target, "owner", headers | {"x-ms-source-range": asked})
        assert (answer.status, answer.code) == found


def test_ranges_of_pages_end_with_the_blob(storage: Storage) -> None:
    path = f"/scratch/{uuid.uuid4().hex}"
    page = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "512"}
    storage.send("PUT", path, "owner", page)
    for asked, found in (("bytes=0-511", (200, "")), ("bytes=512-1023", (416, "InvalidPageRange"))):
        answer = storage.send("GET", f"{path}?comp=pagelist", "owner", {"x-ms-range": asked})
        assert (answer.status, answer.code) == found


@pytest.mark.parametrize("version", _SUPPORTED_API_VERSIONS)
def test_the_versions_of_the_sdk_exist(version: str) -> None:
    assert exists(version)


@pytest.mark.parametrize(
    "version", ["2018-11-10", "2019-13-45", "2099-01-01", "20260606", "x", "0"]
)
def test_a_version_that_does_not_exist_is_refused_before_who_asks(
    storage: Storage, version: str
) -> None:
    assert not exists(version)
    for who in (None, "owner"):
        answer = storage.send("GET", "/scratch/x", who, {"x-ms-version": version})
        assert answer.status == 400
        assert "<HeaderName>x-ms-version</HeaderName>" in answer.text
        assert {name.lower() for name in answer.headers} == {
            "content-length",
            "content-type",
            "date",
            "server",
            "x-ms-request-id",
        }


def test_a_version_that_may_come_soon_is_served(storage: Storage, blob: str) -> None:
    newer = {"x-ms-version": "2027-02-06"}
    assert storage.send("GET", blob, "owner", newer).status == 200


@pytest.mark.parametrize("policy", [None, AccessPolicy(), AccessPolicy(permission="r")])
def test_a_policy_may_say_nothing_or_not_be_there(
    storage: Storage, policy: AccessPolicy | None
) -> None:
    container = storage.sdk("owner").create_container(f"limits-{uuid.uuid4().hex}")
    container.set_container_access_policy({"mine": cast(AccessPolicy, policy)})
    (found,) = container.get_container_access_policy()["signed_identifiers"]
    assert found.id == "mine"


IDENTIFIER = b"<SignedIdentifier><Id>%d</Id></SignedIdentifier>"
SIX = b"".join(IDENTIFIER % number for number in range(6))


@pytest.mark.parametrize(
    ("query", "before", "documents"),
    [
        (
            "restype=container&comp=acl",
            b"<SignedIdentifiers>" + IDENTIFIER % 1 + b"</SignedIdentifiers>",
            (
                b"<Tags />",
                b"<SignedIdentifiers><SignedIdentifier /></SignedIdentifiers>",
                b"<SignedIdentifiers>" + SIX + b"</SignedIdentifiers>",
                b"<!DOCTYPE x><SignedIdentifiers />",
            ),
        ),
        (
            "comp=tags",
            b"<Tags><TagSet><Tag><Key>1</Key><Value>v</Value></Tag></TagSet></Tags>",
            (b"<BlockList />", b"", b"<Tags>", b"<!DOCTYPE x><Tags />"),
        ),
        (
            "comp=blocklist",
            b"<BlockList><Latest>MQ==</Latest></BlockList>",
            (b"<Tags />", b"", b"<BlockList>", b"<!DOCTYPE x><BlockList />"),
        ),
    ],
)
def test_a_document_that_is_another_empties_nothing(
    storage: Storage, query: str, before: bytes, documents: tuple[bytes, ...]
) -> None:
    path = f"/limits-{uuid.uuid4().hex}"
    storage.send("PUT", f"{path}?restype=container", "owner")
    if "container" not in query:
        path += "/blob"
        storage.send("PUT", path, "owner", BLOCK)
    storage.send("PUT", f"{path}?comp=block&blockid=MQ%3D%3D", "owner", {}, b"x")
    assert storage.send("PUT", f"{path}?{query}", "owner", {}, before).status < 300
    there = storage.send("GET", f"{path}?{query}", "owner").body
    assert b"1" in there or b"MQ==" in there
    for document in documents:
        answer = storage.send("PUT", f"{path}?{query}", "owner", {}, document)
        assert (answer.status, answer.code) == (400, "InvalidXmlDocument"), document
        assert storage.send("GET", f"{path}?{query}", "owner").body == there


def test_a_list_of_blocks_may_be_longer_than_what_is_held_of_a_blob(storage: Storage) -> None:
    path = f"/scratch/{uuid.uuid4().hex}"
    staged = storage.send("PUT", f"{path}?comp=block&blockid=MQ%3D%3D", "owner", {}, b"x")
    assert staged.status == 201
    blocks = b"<BlockList>" + b"<Latest>MQ==</Latest>" * 4_000 + b"</BlockList>"
    assert storage.send("PUT", f"{path}?comp=blocklist", "owner", {}, blocks).status == 201
    head = storage.send("HEAD", path, "owner")
    assert head.headers["Content-Length"] == "4000"


def test_the_sdk_shows_that_a_batch_has_too_many_parts(storage: Storage, blob: str) -> None:
    """All of them are answered by one, as recorded in Azure/azure-sdk-for-java issue 6725."""
    container = storage.sdk("owner").get_container_client("scratch")
    names = [blob.rpartition("/")[2], *(f"nowhere-{number}" for number in range(256))]
    (answer,) = container.delete_blobs(*names, raise_on_any_failure=False)
    assert answer.status_code == 400
    assert answer.headers["x-ms-error-code"] == "ExceedsMaxBatchRequestCount"
    assert storage.send("GET", blob, "owner").status == 200
    assert len(list(container.delete_blobs(*names[:2], raise_on_any_failure=False))) == 2
    assert storage.send("GET", blob, "owner").status == 404


@pytest.mark.parametrize("sync", [None, True])
def test_the_sdk_copies_with_and_without_waiting(
    storage: Storage, blob: str, sync: bool | None
) -> None:
    container = storage.sdk("owner").get_container_client("scratch")
    source = container.get_blob_client(blob.rpartition("/")[2])
    target = container.get_blob_client(f"copy-{uuid.uuid4().hex}")
    copied = target.start_copy_from_url(source.url, requires_sync=sync)
    assert copied["copy_status"] == "success"
    assert target.download_blob().readall() == b"light"


@pytest.mark.parametrize("tags", ["a", "a=b&c", "a=%zz", "a=%FF", "a=b=c", "&", "a=b&"])
def test_tags_that_are_no_pairs_are_refused(storage: Storage, blob: str, tags: str) -> None:
    answer = storage.send("PUT", blob, "owner", BLOCK | {"x-ms-tags": tags}, b"x")
    assert (answer.status, answer.code) == (400, "InvalidHeaderValue")
    named = {"x-ms-tags": "a=b&c%2B=d+e%20f&empty="}
    assert storage.send("PUT", blob, "owner", BLOCK | named, b"x").status == 201
    tagged = storage.sdk("owner").get_blob_client("scratch", blob.rpartition("/")[2])
    assert tagged.get_blob_tags() == {"a": "b", "c+": "d e f", "empty": ""}


@pytest.mark.parametrize("proposed", ["x", "1" * 31, "11111111-2222-4333-8444-55555555555g"])
def test_a_lease_has_a_guid_for_its_id(storage: Storage, blob: str, proposed: str) -> None:
    acquire = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"}
    for id_, status in ((proposed, 400), (str(uuid.uuid4()), 201)):
        headers = acquire | {"x-ms-proposed-lease-id": id_}
        assert storage.send("PUT", f"{blob}?comp=lease", "owner", headers).status == status
