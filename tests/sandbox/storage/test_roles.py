"""The roles of the sample, with the real SDK against the real Azurite."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient

from tests.sandbox.storage.harness import Storage

MISSING_ROLE = (403, "AuthorizationPermissionMismatch")


def refusal(action: Callable[[], Any]) -> tuple[int | None, str]:
    """Status and code of the error that the SDK raises."""
    with pytest.raises(HttpResponseError) as raised:
        action()
    response: Any = raised.value.response
    return raised.value.status_code, response.headers.get("x-ms-error-code", "")


def blob(storage: Storage, who: str, container: str, name: str) -> BlobClient:
    return storage.sdk(who).get_blob_client(container, name)


def test_what_a_depositor_creates_another_role_reads(storage: Storage) -> None:
    blob(storage, "gateway", "originals", "photo-1").upload_blob(b"light")
    assert (
        blob(storage, "thumbnailer", "originals", "photo-1").download_blob().readall() == b"light"
    )


def test_a_depositor_never_replaces_a_blob(storage: Storage) -> None:
    mine = blob(storage, "gateway", "originals", "photo-2")
    mine.upload_blob(b"first")
    assert refusal(lambda: mine.upload_blob(b"second", overwrite=True)) == (
        403,
        "UnauthorizedBlobOverwrite",
    )
    assert blob(storage, "owner", "originals", "photo-2").download_blob().readall() == b"first"
    blob(storage, "owner", "originals", "photo-2").upload_blob(b"second", overwrite=True)
    assert blob(storage, "owner", "originals", "photo-2").download_blob().readall() == b"second"


def test_of_sixteen_depositors_at_once_one_creates(storage: Storage) -> None:
    def put(number: int) -> tuple[int, str]:
        headers = {"x-ms-blob-type": "BlockBlob"}
        body = f"by {number}".encode()
        answer = storage.send("PUT", "/originals/race", "gateway", headers, body)
        return answer.status, answer.code

    with ThreadPoolExecutor(16) as pool:
        answers = sorted(pool.map(put, range(16)))
    assert answers == [(201, ""), *[(403, "UnauthorizedBlobOverwrite")] * 15]


LONG_AGO, FAR_OFF = "Fri, 01 Jan 2010 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.mark.parametrize("headers", [{"If-Match": "*"}, {"If-Unmodified-Since": FAR_OFF}])
def test_a_condition_that_contradicts_being_new_makes_a_depositor_replace_nothing(
    storage: Storage, headers: dict[str, str]
) -> None:
    blob(storage, "owner", "originals", "kept").upload_blob(b"kept", overwrite=True)
    headers = {"x-ms-blob-type": "BlockBlob"} | headers
    assert storage.send("PUT", "/originals/kept", "gateway", headers, b"new").status == 400
    assert blob(storage, "owner", "originals", "kept").download_blob().readall() == b"kept"
    assert storage.send("PUT", "/originals/kept", "owner", headers, b"new").status == 201


@pytest.mark.parametrize(
    "headers",
    [{}, {"If-None-Match": "*"}, {"If-None-Match": '"0x1"'}, {"If-Modified-Since": LONG_AGO}],
)
def test_no_condition_of_a_depositor_makes_it_replace(
    storage: Storage, headers: dict[str, str]
) -> None:
    blob(storage, "owner", "originals", "kept").upload_blob(b"kept", overwrite=True)
    headers = {"x-ms-blob-type": "BlockBlob"} | headers
    answer = storage.send("PUT", "/originals/kept", "gateway", headers, b"new")
    assert (answer.status, answer.code) == (403, "UnauthorizedBlobOverwrite")
    assert blob(storage, "owner", "originals", "kept").download_blob().readall() == b"kept"


@pytest.mark.parametrize("kind", ["AppendBlob", "PageBlob"])
def test_a_depositor_creates_blobs_of_each_kind_once(storage: Storage, kind: str) -> None:
    headers = {"x-ms-blob-type": kind, "x-ms-blob-content-length": "512"}
    first = storage.send("PUT", f"/originals/{kind}", "gateway", headers)
    assert first.status == 201
    second = storage.send("PUT", f"/originals/{kind}", "gateway", headers)
    assert (second.status, second.code) == (403, "UnauthorizedBlobOverwrite")


DENIED_TO_A_DEPOSITOR: dict[str, Callable[[BlobClient], Any]] = {
    "read": lambda it: it.download_blob(),
    "see its properties": lambda it: it.get_blob_properties(),
    "set its tags": lambda it: it.set_blob_tags({"a": "b"}),
    "set its metadata": lambda it: it.set_blob_metadata({"a": "b"}),
    "stage a block": lambda it: it.stage_block("QQ==", b"block"),
    "put with tags": lambda it: it.upload_blob(b"", overwrite=True, tags={"a": "b"}),
    "delete": lambda it: it.delete_blob(),
}


@pytest.mark.parametrize("action", DENIED_TO_A_DEPOSITOR.values(), ids=DENIED_TO_A_DEPOSITOR)
@pytest.mark.parametrize("name", ["is-there", "is-not-there"])
def test_a_depositor_is_denied_whether_the_blob_exists_or_not(
    storage: Storage, action: Callable[[BlobClient], Any], name: str
) -> None:
    blob(storage, "owner", "originals", "is-there").upload_blob(b"", overwrite=True)
    assert refusal(lambda: action(blob(storage, "gateway", "originals", name))) == MISSING_ROLE
    if name == "is-there":
        action(blob(storage, "owner", "originals", name))


def test_a_depositor_sees_by_the_tags_whether_a_blob_is_there(storage: Storage) -> None:
    blob(storage, "owner", "originals", "tagged").upload_blob(b"", overwrite=True, tags={"a": "b"})
    assert blob(storage, "gateway", "originals", "tagged").get_blob_tags() == {"a": "b"}
    missing = blob(storage, "gateway", "originals", "nowhere")
    assert refusal(missing.get_blob_tags) == (404, "BlobNotFound")


def test_a_depositor_lists_nothing(storage: Storage) -> None:
    def names(who: str) -> list[str]:
        return list(storage.sdk(who).get_container_client("originals").list_blob_names())

    assert refusal(lambda: names("gateway")) == MISSING_ROLE
    assert names("thumbnailer")


def test_a_keeper_writes_replaces_reads_and_lists_but_never_deletes(storage: Storage) -> None:
    mine = blob(storage, "thumbnailer", "thumbnails", "kept")
    mine.upload_blob(b"one", overwrite=True)
    mine.upload_blob(b"two", overwrite=True)
    assert mine.download_blob().readall() == b"two"
    container = storage.sdk("thumbnailer").get_container_client("thumbnails")
    assert "kept" in list(container.list_blob_names())
    assert refusal(mine.delete_blob) == MISSING_ROLE
    blob(storage, "owner", "thumbnails", "kept").delete_blob()


def test_a_keeper_writes_in_blocks(storage: Storage) -> None:
    mine = blob(storage, "catalog", "catalog", "in-blocks")
    mine.stage_block("QQ==", b"one ")
    mine.stage_block("Qg==", b"two")
    mine.commit_block_list([BlobBlock("QQ=="), BlobBlock("Qg==")])
    assert mine.download_blob().readall() == b"one two"


def test_a_reader_reads_and_does_nothing_else(storage: Storage) -> None:
    blob(storage, "owner", "thumbnails", "seen").upload_blob(b"seen", overwrite=True)
    mine = blob(storage, "gateway", "thumbnails", "seen")
    assert mine.download_blob().readall() == b"seen"
    assert mine.get_blob_properties().size == 4
    assert refusal(lambda: mine.upload_blob(b"", overwrite=True)) == MISSING_ROLE
    assert refusal(lambda: mine.set_blob_metadata({})) == MISSING_ROLE
    assert refusal(mine.delete_blob) == MISSING_ROLE
    missing = blob(storage, "gateway", "thumbnails", "nowhere")
    assert refusal(missing.download_blob) == (404, "BlobNotFound")


def test_a_right_in_one_container_is_none_in_another(storage: Storage) -> None:
    homes = {"thumbnailer": "thumbnails", "catalog": "catalog"}
    for who, elsewhere in (("thumbnailer", "catalog"), ("catalog", "thumbnails")):
        blob(storage, who, homes[who], "index").upload_blob(b"", overwrite=True)
        theirs = blob(storage, who, elsewhere, "index")
        assert refusal(partial(theirs.upload_blob, b"", overwrite=True)) == MISSING_ROLE
        assert refusal(theirs.download_blob) == MISSING_ROLE


def test_without_an_assignment_no_identity_does_anything(storage: Storage) -> None:
    assert refusal(blob(storage, "nobody", "originals", "x").download_blob) == MISSING_ROLE
    assert refusal(lambda: list(storage.sdk("nobody").list_containers())) == MISSING_ROLE
    assert "originals" in [each.name for each in storage.sdk("owner").list_containers()]


def test_a_reader_of_blobs_who_holds_the_container_action_sees_the_container(
    storage: Storage,
) -> None:
    """Storage Blob Data Reader holds containers/read, an action; the keeper does not."""
    reader = storage.sdk("gateway").get_container_client("thumbnails")
    assert reader.get_container_properties().name == "thumbnails"
    keeper = storage.sdk("catalog").get_container_client("catalog")
    assert refusal(keeper.get_container_properties) == MISSING_ROLE


def test_every_answer_has_its_decision_on_record_first(storage: Storage) -> None:
    blob(storage, "gateway", "originals", "on-record").upload_blob(b"")
    allowed = storage.audited()[-1]
    assert (allowed.outcome, allowed.identity, allowed.operation) == (
        "allowed",
        "gateway",
        "PutBlob",
    )
    assert allowed.action.endswith("/blobs/add/action")
    assert allowed.scope.endswith("/containers/originals")
    assert "Depositor" in allowed.role
    refusal(lambda: blob(storage, "gateway", "originals", "on-record").download_blob())
    denied = storage.audited()[-1]
    assert (denied.outcome, denied.operation) == ("denied", "GetBlob")
    assert "Storage Blob Data Reader" in denied.missing
