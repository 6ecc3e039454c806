"""Blob Storage by its SDK: get and put, a denial, and copies of a gallery's index."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient

from bench.client.work import WIDTH, Work, credential, timed, timed_denials, transport


@cache
def _container(endpoint: str, container: str, key: str = "") -> ContainerClient:
    """Return the container's client, with the account's key if there is one."""
    shared = {"account_name": endpoint.rpartition("/")[2], "account_key": key}
    account = BlobServiceClient(endpoint, shared if key else credential(), transport=transport())
    return account.get_container_client(container)


def put(*, size: int, times: int, width: int, **where: str) -> float:
    """Overwrite as many blobs as there are threads."""
    blobs, content = _container(**where), uuid.uuid4().bytes * (size // 16)

    def once(number: int) -> None:
        name = f"bench-{size}-{number % WIDTH}"
        blobs.upload_blob(name, content, length=size, overwrite=True)

    return timed(once, times, width)


def get(*, size: int, times: int, width: int, **where: str) -> float:
    """Read the blobs of `put`. Raises ValueError if one is incomplete."""
    blobs = _container(**where)

    def once(number: int) -> None:
        found = blobs.download_blob(f"bench-{size}-{number % WIDTH}").readall()
        if len(found) != size:
            raise ValueError(f"{len(found)} bytes came of {size}")

    return timed(once, times, width)


def denied(*, times: int, **where: str) -> list[float]:
    """Return the seconds until each read is refused. Raises ValueError if one is not."""
    blob = _container(**where).get_blob_client("bench-denied")
    return timed_denials(blob.download_blob, times)


def clone(*, copies: int, **where: str) -> int:
    """Write the one photo of an index `copies` times under other ids, as its service does."""
    blobs = _container(**where)
    listed = [each for each in blobs.list_blobs(include=["metadata"]) if each.metadata]
    photo = next(each.metadata["id"] for each in listed)
    entries = {each.name: each.metadata for each in listed if each.metadata["id"] == photo}

    def once(_: int) -> None:
        _copy(blobs, entries, photo, str(uuid.uuid4()))

    timed(once, copies, WIDTH)
    return len(entries)


def _copy(
    blobs: ContainerClient, entries: Mapping[str, Mapping[str, str]], old: str, new: str
) -> None:
    for name, metadata in entries.items():
        with_new = {**metadata, "id": new}
        blobs.upload_blob(name.replace(old, new), b"", length=0, metadata=with_new)


def warm(**where: str) -> bool:
    """Open a connection for each thread."""
    blobs = _container(**where)

    def once(_: int) -> None:
        with suppress(HttpResponseError):
            blobs.get_blob_client("bench-missing").get_blob_properties()

    timed(once, WIDTH * 4, WIDTH)
    return True


WORK: dict[str, Work] = {
    "blob-put": put,
    "blob-get": get,
    "blob-denied": denied,
    "blob-warm": warm,
    "index-clone": clone,
}
