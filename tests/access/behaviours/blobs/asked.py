"""Blobs of one's own to ask about, and requests as they are sent, without the SDK to tidy them."""

import uuid
from contextlib import suppress
from urllib.parse import quote

import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient

from tests.access.actor import Actor
from tests.access.table import THUMBNAILS
from tests.access.tokens import STORAGE, token_of

VERSION = "2023-11-03"
TEN = b"0123456789"
MISSING_ROLE = (403, "AuthorizationPermissionMismatch")


def new_blob(actor: Actor, container: str = THUMBNAILS) -> BlobClient:
    """One that nobody has made yet. Nobody may delete it either, so its name says whose it is."""
    return actor.account.get_blob_client(container, f"behaviours/{uuid.uuid4().hex}")


def stored(actor: Actor, body: bytes = TEN, container: str = THUMBNAILS) -> BlobClient:
    """One that is there."""
    blob = new_blob(actor, container)
    blob.upload_blob(body)
    return blob


def kept(actor: Actor) -> BlobClient:
    """One for all who only read; whoever comes first makes it, and it stays."""
    blob = actor.account.get_blob_client(THUMBNAILS, "behaviours/kept")
    with suppress(ResourceExistsError):
        blob.upload_blob(TEN, overwrite=False)
    return blob


def path_of(blob: BlobClient) -> str:
    return f"/{blob.container_name}/{quote(blob.blob_name)}"


def ask(actor: Actor, method: str, path: str, **headers: str) -> requests.Response:
    """A request with the actor's own token; of the headers' names, `_` stands for `-`."""
    return ask_with(token_of(actor, STORAGE), actor, method, path, **headers)


def ask_with(token: str, actor: Actor, method: str, path: str, **headers: str) -> requests.Response:
    """A request with any text as its token, or without one."""
    own = {"Authorization": f"Bearer {token}"} if token else {}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(
        method,
        f"https://{actor.hosts.account}{path}",
        headers={"x-ms-version": VERSION, **own, **given},
        timeout=30,
    )
