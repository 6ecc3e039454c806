"""Allowed and denied requests of the developer's roles, side by side."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobBlock

from tests.access.actor import Actor
from tests.access.behaviours.blobs.asked import MISSING_ROLE, new_blob, stored
from tests.access.sample import ORIGINALS, THUMBNAILS
from tests.access.verdicts import code_of


def a_missing_blob_is_404_to_who_may_read(actor: Actor) -> None:
    with pytest.raises(ResourceNotFoundError) as raised:
        new_blob(actor).download_blob()
    assert code_of(raised) == (404, "BlobNotFound")


def a_missing_blob_is_403_to_who_may_not(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        new_blob(actor).delete_blob()
    assert code_of(raised) == MISSING_ROLE


def a_container_without_a_role_is_403_whether_it_is_there_or_not(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        actor.account.get_blob_client(f"c{uuid.uuid4().hex}", "a").download_blob()
    assert code_of(raised) == MISSING_ROLE


def who_may_only_add_replaces_nothing(actor: Actor) -> None:
    blob = stored(actor, b"first", ORIGINALS)
    with pytest.raises(HttpResponseError) as raised:
        blob.upload_blob(b"second", overwrite=True)
    assert code_of(raised) == (403, "UnauthorizedBlobOverwrite")
    assert blob.download_blob().readall() == b"first"


def who_may_write_replaces_a_blob(actor: Actor) -> None:
    blob = stored(actor, b"first")
    blob.upload_blob(b"second", overwrite=True)
    assert blob.download_blob().readall() == b"second"


def who_may_only_add_stages_no_block(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        new_blob(actor, ORIGINALS).stage_block("QQ==", b"block")
    assert code_of(raised) == MISSING_ROLE


def who_may_only_add_commits_no_blocks(actor: Actor) -> None:
    with pytest.raises(HttpResponseError) as raised:
        new_blob(actor, ORIGINALS).commit_block_list([])
    assert code_of(raised) == MISSING_ROLE


def who_may_write_makes_a_blob_in_blocks(actor: Actor) -> None:
    blob = new_blob(actor)
    blob.stage_block("QQ==", b"one ")
    blob.stage_block("Qg==", b"two")
    with pytest.raises(ResourceNotFoundError) as raised:
        blob.download_blob()
    assert code_of(raised) == (404, "BlobNotFound")
    blob.commit_block_list([BlobBlock("QQ=="), BlobBlock("Qg==")])
    assert blob.download_blob().readall() == b"one two"


def metadata_is_set_by_who_may_write_and_not_by_who_may_add(actor: Actor) -> None:
    original = stored(actor, container=ORIGINALS)
    with pytest.raises(HttpResponseError) as raised:
        original.set_blob_metadata({"a": "b"})
    assert code_of(raised) == MISSING_ROLE
    blob = stored(actor)
    blob.set_blob_metadata({"a": "b"})
    assert blob.get_blob_properties().metadata == {"a": "b"}


def who_reads_by_azures_own_role_sees_the_container_too(actor: Actor) -> None:
    assert actor.account.get_container_client(ORIGINALS).get_container_properties()
    with pytest.raises(HttpResponseError) as raised:
        actor.account.get_container_client(THUMBNAILS).get_container_properties()
    assert code_of(raised) == MISSING_ROLE


def a_role_on_a_container_gives_no_key_to_sign_with(actor: Actor) -> None:
    """Azure's own reader role holds generateUserDelegationKey, which is the account's."""
    now = datetime.now(UTC)
    with pytest.raises(HttpResponseError) as raised:
        actor.account.get_user_delegation_key(now, now + timedelta(minutes=5))
    assert code_of(raised) == MISSING_ROLE


BEHAVIOURS = (
    a_missing_blob_is_404_to_who_may_read,
    a_missing_blob_is_403_to_who_may_not,
    a_container_without_a_role_is_403_whether_it_is_there_or_not,
    who_may_only_add_replaces_nothing,
    who_may_write_replaces_a_blob,
    who_may_only_add_stages_no_block,
    who_may_only_add_commits_no_blocks,
    who_may_write_makes_a_blob_in_blocks,
    metadata_is_set_by_who_may_write_and_not_by_who_may_add,
    who_reads_by_azures_own_role_sees_the_container_too,
    a_role_on_a_container_gives_no_key_to_sign_with,
)
