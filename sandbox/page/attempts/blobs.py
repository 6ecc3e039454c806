"""Requests to Blob Storage.

The one that adds a blob adds one of the page's own; each other write is on a blob that does not
exist, which Azure looks at after the right.
"""

from collections.abc import Iterator
from functools import partial

from sandbox.deployment import StorageAccount
from sandbox.entra import BLOB
from sandbox.page.attempts.attempt import NEW, Attempt
from sandbox.rbac import Requirement
from sandbox.storage.actions import (
    DELETE,
    FILTER,
    READ,
    READ_CONTAINER,
    READ_TAGS,
    WRITE,
    WRITE_CONTAINER,
    WRITE_OR_ADD,
    WRITE_TAGS,
)

_ADDS = "it would add a container"
_VERSION = {"x-ms-version": "2021-12-02"}
_BLOCKS = {"x-ms-blob-type": "BlockBlob"}
_TEXT = b"tried"
_NO_TAGS = b'<?xml version="1.0" encoding="utf-8"?><Tags><TagSet/></Tags>'
# The where of a search: "tried" = 'never'
_WHERE = "%22tried%22%3D%27never%27"


def of_account(account: StorageAccount) -> Iterator[Attempt]:
    """Yield the requests on an account, then those on its containers."""
    ask = partial(Attempt, audience=BLOB, host=account.host, headers=_VERSION)
    listed, made = Requirement(account.id, READ_CONTAINER), Requirement(account.id, WRITE_CONTAINER)
    yield ask("list the containers", listed, method="GET", path="/?comp=list")
    path = f"/tried-on-the-page-{NEW}?restype=container"
    yield ask("create a container", made, method="PUT", path=path, harm=_ADDS)
    for container in account.containers:
        yield from _of_container(account, container)


def _of_container(account: StorageAccount, container: str) -> Iterator[Attempt]:
    inside, blob = f"/{container}?restype=container", f"/{container}/tried-on-the-page-{NEW}.txt"
    for verb, actions, method, path, headers, body in (
        ("list the blobs", READ, "GET", f"{inside}&comp=list&maxresults=1", {}, None),
        ("find blobs by tags", FILTER, "GET", f"{inside}&comp=blobs&where={_WHERE}", {}, None),
        ("read a blob", READ, "GET", blob, {}, None),
        ("create a blob", WRITE_OR_ADD, "PUT", blob, _BLOCKS, _TEXT),
        ("change a blob", WRITE, "PUT", f"{blob}?comp=metadata", {}, None),
        ("delete a blob", DELETE, "DELETE", blob, {}, None),
        ("see a blob's tags", READ_TAGS, "GET", f"{blob}?comp=tags", {}, None),
        ("set a blob's tags", WRITE_TAGS, "PUT", f"{blob}?comp=tags", {}, _NO_TAGS),
        # It exists already.
        ("create the container", WRITE_CONTAINER, "PUT", inside, {}, None),
    ):
        needs, sent = Requirement(account.container_id(container), actions), {**_VERSION, **headers}
        yield Attempt(verb, needs, BLOB, account.host, method, path, sent, body)
