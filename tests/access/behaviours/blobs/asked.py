"""Blobs of one's own to ask about, and requests as they are sent, without the SDK to tidy them."""

from contextlib import suppress

import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient

from local.questions import blobs
from local.questions.blobs import VERSION, path_of
from tests.access.actor import Actor
from tests.access.sample import THUMBNAILS
from tests.access.tokens import STORAGE, token_of

__all__ = ["VERSION", "path_of"]  # re-exported

TEN = b"0123456789"
MISSING_ROLE = (403, "AuthorizationPermissionMismatch")


def new_blob(actor: Actor, container: str = THUMBNAILS) -> BlobClient:
    """Return a client of a blob that does not exist yet."""
    return blobs.new_blob(actor, container)


def stored(actor: Actor, body: bytes = TEN, container: str = THUMBNAILS) -> BlobClient:
    """Store a blob and return its client."""
    return blobs.stored(actor, container, body)


def kept(actor: Actor) -> BlobClient:
    """Return one blob for all that only read; the first caller creates it."""
    blob = actor.account.get_blob_client(THUMBNAILS, "behaviours/kept")
    with suppress(ResourceExistsError):
        blob.upload_blob(TEN, overwrite=False)
    return blob


def ask(actor: Actor, method: str, path: str, **headers: str) -> requests.Response:
    """A request with the actor's own token; of the headers' names, `_` stands for `-`."""
    return ask_with(token_of(actor, STORAGE), actor, method, path, **headers)


def ask_with(token: str, actor: Actor, method: str, path: str, **headers: str) -> requests.Response:
    """A request with any text as its token, or without one."""
    return blobs.request(token, actor, method, path, **headers)
