"""A blob's properties after a put, and puts that are refused despite the right."""

import hashlib
import os
import uuid
from base64 import b64encode

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError
from azure.storage.blob import BlobBlock, ContentSettings

from tests.access.actor import Actor
from tests.access.behaviours.blobs.asked import ask, new_blob, path_of, stored
from tests.access.sample import THUMBNAILS
from tests.access.verdicts import code_of


def a_create_of_what_is_there_is_409_to_who_may_write(actor: Actor) -> None:
    blob = stored(actor, b"first")
    with pytest.raises(ResourceExistsError) as raised:
        blob.upload_blob(b"second", overwrite=False)
    assert code_of(raised) == (409, "BlobAlreadyExists")
    assert blob.download_blob().readall() == b"first"


def a_change_of_what_has_changed_since_is_412(actor: Actor) -> None:
    blob = new_blob(actor)
    before = blob.upload_blob(b"first")["etag"]
    after = blob.upload_blob(b"second", overwrite=True)["etag"]

    def change(etag: str) -> None:
        condition = MatchConditions.IfNotModified
        blob.upload_blob(b"third", overwrite=True, etag=etag, match_condition=condition)

    with pytest.raises(ResourceModifiedError) as raised:
        change(before)
    assert code_of(raised) == (412, "ConditionNotMet")
    change(after)
    assert blob.download_blob().readall() == b"third"


def a_blob_keeps_its_content_type_and_its_metadata(actor: Actor) -> None:
    blob = new_blob(actor)
    settings = ContentSettings(content_type="image/webp", cache_control="no-store")
    blob.upload_blob(b"", content_settings=settings, metadata={"place": "Delft", "year": "1660"})
    found = blob.get_blob_properties()
    assert found.metadata == {"place": "Delft", "year": "1660"}
    assert found.content_settings.content_type == "image/webp"
    assert found.content_settings.cache_control == "no-store"
    assert found.size == 0


def a_blob_of_no_content_type_is_octets(actor: Actor) -> None:
    """The SDK would say so itself."""
    path = path_of(new_blob(actor))
    assert "Content-Type" not in ask(actor, "PUT", path, x_ms_blob_type="BlockBlob").request.headers
    assert ask(actor, "HEAD", path).headers["Content-Type"] == "application/octet-stream"


def metadata_is_set_as_a_whole(actor: Actor) -> None:
    blob = new_blob(actor)
    blob.upload_blob(b"", metadata={"a": "1", "b": "2"})
    blob.set_blob_metadata({"b": "3"})
    assert blob.get_blob_properties().metadata == {"b": "3"}


def a_replaced_blob_keeps_no_metadata(actor: Actor) -> None:
    blob = new_blob(actor)
    blob.upload_blob(b"", metadata={"a": "1"})
    assert blob.get_blob_properties().metadata == {"a": "1"}
    blob.upload_blob(b"", overwrite=True)
    assert blob.get_blob_properties().metadata == {}


def a_body_that_its_checksum_does_not_fit_is_refused(actor: Actor) -> None:
    blob = new_blob(actor)
    for octets, status in ((b"another", 400), (b"", 201)):
        checksum = b64encode(hashlib.md5(octets, usedforsecurity=False).digest()).decode()
        answer = ask(actor, "PUT", path_of(blob), x_ms_blob_type="BlockBlob", Content_MD5=checksum)
        assert answer.status_code == status
        assert answer.headers.get("x-ms-error-code") == ("Md5Mismatch" if status == 400 else None)


def a_put_has_to_say_what_kind_of_blob_it_makes(actor: Actor) -> None:
    blob = new_blob(actor)
    answer = ask(actor, "PUT", path_of(blob))
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "MissingRequiredHeader")
    assert b"<HeaderName>x-ms-blob-type</HeaderName>" in answer.content
    assert ask(actor, "PUT", path_of(blob), x_ms_blob_type="BlockBlob").status_code == 201


def blocks_that_were_not_staged_are_not_committed(actor: Actor) -> None:
    blob = new_blob(actor)
    blob.stage_block("QQ==", b"one")
    with pytest.raises(HttpResponseError) as raised:
        blob.commit_block_list([BlobBlock("QQ=="), BlobBlock("Qg==")])
    assert code_of(raised) == (400, "InvalidBlockList")
    blob.commit_block_list([BlobBlock("QQ==")])


def a_lease_keeps_others_from_writing(actor: Actor) -> None:
    blob = stored(actor)
    lease = blob.acquire_lease(15)
    with pytest.raises(HttpResponseError) as raised:
        blob.upload_blob(b"mine", overwrite=True)
    assert code_of(raised) == (412, "LeaseIdMissing")
    blob.upload_blob(b"mine", overwrite=True, lease=lease)
    lease.release()
    blob.upload_blob(b"anybody's", overwrite=True)


def a_name_may_hold_any_text(actor: Actor) -> None:
    name = f"behaviours/{uuid.uuid4().hex} ä+b%20c#d?e&f=g'h/i"
    actor.account.get_blob_client(THUMBNAILS, name).upload_blob(b"there")
    container = actor.account.get_container_client(THUMBNAILS)
    assert list(container.list_blob_names(name_starts_with=name)) == [name]
    assert container.download_blob(name).readall() == b"there"


def a_long_body_comes_back_as_it_went(actor: Actor) -> None:
    body = os.urandom(1024 * 1024 + 1)
    blob = stored(actor, body)
    assert blob.download_blob().readall() == body


BEHAVIOURS = (
    a_create_of_what_is_there_is_409_to_who_may_write,
    a_change_of_what_has_changed_since_is_412,
    a_blob_keeps_its_content_type_and_its_metadata,
    a_blob_of_no_content_type_is_octets,
    metadata_is_set_as_a_whole,
    a_replaced_blob_keeps_no_metadata,
    a_body_that_its_checksum_does_not_fit_is_refused,
    a_put_has_to_say_what_kind_of_blob_it_makes,
    blocks_that_were_not_staged_are_not_committed,
    a_lease_keeps_others_from_writing,
    a_name_may_hold_any_text,
    a_long_body_comes_back_as_it_went,
)
