"""Tags, on which the developer's roles give a right in one container and none in another."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.access.actor import Actor
from tests.access.behaviours.blobs.asked import MISSING_ROLE, new_blob, stored
from tests.access.sample import ORIGINALS, THUMBNAILS
from tests.access.verdicts import code_of


def tags_are_seen_only_with_the_right_to_see_them(actor: Actor) -> None:
    assert stored(actor, container=ORIGINALS).get_blob_tags() == {}
    thumbnail = stored(actor)
    with pytest.raises(HttpResponseError) as raised:
        thumbnail.get_blob_tags()
    assert code_of(raised) == MISSING_ROLE


def who_may_see_tags_sees_by_them_that_a_blob_is_missing(actor: Actor) -> None:
    with pytest.raises(ResourceNotFoundError) as raised:
        new_blob(actor, ORIGINALS).get_blob_tags()
    assert code_of(raised) == (404, "BlobNotFound")


def who_may_write_sets_no_tags(actor: Actor) -> None:
    thumbnail = stored(actor)
    with pytest.raises(HttpResponseError) as raised:
        thumbnail.set_blob_tags({"a": "b"})
    assert code_of(raised) == MISSING_ROLE


def who_may_write_puts_no_blob_with_tags(actor: Actor) -> None:
    blob = new_blob(actor)
    with pytest.raises(HttpResponseError) as raised:
        blob.upload_blob(b"x", tags={"a": "b"})
    assert code_of(raised) == MISSING_ROLE
    blob.upload_blob(b"x")


def a_list_shows_tags_only_with_the_right_to_see_them(actor: Actor) -> None:
    for container in (ORIGINALS, THUMBNAILS):
        stored(actor, container=container)
    originals = actor.account.get_container_client(ORIGINALS)
    assert next(iter(originals.list_blobs("behaviours/", include=["tags"])))
    thumbnails = actor.account.get_container_client(THUMBNAILS)
    assert next(iter(thumbnails.list_blobs("behaviours/")))
    with pytest.raises(HttpResponseError) as raised:
        next(iter(thumbnails.list_blobs("behaviours/", include=["tags"])))
    assert code_of(raised) == MISSING_ROLE


def the_right_to_see_tags_is_none_to_find_by_them(actor: Actor) -> None:
    container = actor.account.get_container_client(ORIGINALS)
    with pytest.raises(HttpResponseError) as raised:
        next(iter(container.find_blobs_by_tags("\"a\"='b'")))
    assert code_of(raised) == MISSING_ROLE


BEHAVIOURS = (
    tags_are_seen_only_with_the_right_to_see_them,
    who_may_see_tags_sees_by_them_that_a_blob_is_missing,
    who_may_write_sets_no_tags,
    who_may_write_puts_no_blob_with_tags,
    a_list_shows_tags_only_with_the_right_to_see_them,
    the_right_to_see_tags_is_none_to_find_by_them,
)
