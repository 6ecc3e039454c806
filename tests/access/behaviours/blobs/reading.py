"""Blobs, read and listed by identities with the right."""

import uuid
from typing import Any

from azure.storage.blob import ContainerClient

from tests.access.actor import Actor
from tests.access.behaviours.blobs.asked import ask, kept, path_of
from tests.access.sample import THUMBNAILS


def a_range_is_read_by_itself(actor: Actor) -> None:
    path = path_of(kept(actor))
    answer = ask(actor, "GET", path, Range="bytes=2-4")
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["Content-Range"] == "bytes 2-4/10"
    assert ask(actor, "GET", path, Range="bytes=7-").content == b"789"


def of_two_ranges_storages_own_is_read(actor: Actor) -> None:
    answer = ask(actor, "GET", path_of(kept(actor)), Range="bytes=2-4", x_ms_range="bytes=0-1")
    assert (answer.status_code, answer.content) == (206, b"01")


def a_range_beyond_the_end_is_416(actor: Actor) -> None:
    answer = ask(actor, "GET", path_of(kept(actor)), Range="bytes=11-12")
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (416, "InvalidRange")


def what_has_not_changed_is_not_sent_again(actor: Actor) -> None:
    path = path_of(kept(actor))
    etag = ask(actor, "GET", path).headers["ETag"]
    answer = ask(actor, "GET", path, If_None_Match=etag)
    assert (answer.status_code, answer.content) == (304, b"")
    assert ask(actor, "GET", path, If_None_Match='"0x0"').status_code == 200


def a_read_of_what_has_changed_since_is_412(actor: Actor) -> None:
    path = path_of(kept(actor))
    etag = ask(actor, "GET", path).headers["ETag"]
    answer = ask(actor, "GET", path, If_Match='"0x0"')
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (412, "ConditionNotMet")
    assert ask(actor, "GET", path, If_Match=etag).status_code == 200


def a_head_tells_all_but_the_body(actor: Actor) -> None:
    path = path_of(kept(actor))
    whole, head = ask(actor, "GET", path), ask(actor, "HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Last-Modified", "Content-Length", "Content-Type", "x-ms-blob-type"):
        assert head.headers[name] == whole.headers[name]
    assert head.headers["x-ms-blob-type"] == "BlockBlob"


def a_list_is_of_what_begins_so_and_in_the_order_of_names(actor: Actor) -> None:
    container, prefix = _listed(actor, "c", "a", "b/d")
    names = list(container.list_blob_names(name_starts_with=prefix))
    assert names == [f"{prefix}a", f"{prefix}b/d", f"{prefix}c"]


def a_list_comes_in_pages_no_longer_than_asked_for(actor: Actor) -> None:
    container, prefix = _listed(actor, "a", "b", "c")
    first: Any = container.list_blobs(prefix, results_per_page=2).by_page()
    names = [each.name for each in next(first)]
    assert 1 <= len(names) <= 2
    rest = container.list_blobs(prefix, results_per_page=2).by_page(first.continuation_token)
    names += [each.name for page in rest for each in page]
    assert names == [f"{prefix}a", f"{prefix}b", f"{prefix}c"]


def a_list_folds_what_lies_deeper(actor: Actor) -> None:
    container, prefix = _listed(actor, "a", "b/c", "b/d")
    names = [each.name for each in container.walk_blobs(prefix, delimiter="/")]
    assert sorted(names) == [f"{prefix}a", f"{prefix}b/"]


def a_list_tells_metadata_if_it_is_asked_to(actor: Actor) -> None:
    container, prefix = _listed(actor)
    container.upload_blob(f"{prefix}a", b"", metadata={"place": "Delft"})
    (listed,) = container.list_blobs(prefix, include=["metadata"])
    assert listed.metadata == {"place": "Delft"}
    (untold,) = container.list_blobs(prefix)
    assert not untold.metadata


def a_list_of_nothing_is_empty(actor: Actor) -> None:
    container, prefix = _listed(actor)
    assert list(container.list_blobs(prefix)) == []


BEHAVIOURS = (
    a_range_is_read_by_itself,
    of_two_ranges_storages_own_is_read,
    a_range_beyond_the_end_is_416,
    what_has_not_changed_is_not_sent_again,
    a_read_of_what_has_changed_since_is_412,
    a_head_tells_all_but_the_body,
    a_list_is_of_what_begins_so_and_in_the_order_of_names,
    a_list_comes_in_pages_no_longer_than_asked_for,
    a_list_folds_what_lies_deeper,
    a_list_tells_metadata_if_it_is_asked_to,
    a_list_of_nothing_is_empty,
)


def _listed(actor: Actor, *names: str) -> tuple[ContainerClient, str]:
    """A container, and a prefix that nothing there has but empty blobs of these names."""
    prefix = f"behaviours/{uuid.uuid4().hex}/"
    container = actor.account.get_container_client(THUMBNAILS)
    for name in names:
        container.upload_blob(f"{prefix}{name}", b"")
    return container, prefix
