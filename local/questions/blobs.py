"""New blobs to ask about, and raw requests without an SDK."""

import uuid
from urllib.parse import quote

import requests
from azure.storage.blob import BlobClient

from local.questions.asker import Asker

VERSION = "2023-11-03"


def new_blob(asker: Asker, container: str) -> BlobClient:
    """Return a new blob. It cannot be deleted later, so its name explains it."""
    return asker.account.get_blob_client(container, f"behaviours/{uuid.uuid4().hex}")


def stored(asker: Asker, container: str, body: bytes = b"x") -> BlobClient:
    """Create a blob. Raises HttpResponseError."""
    blob = new_blob(asker, container)
    blob.upload_blob(body)
    return blob


def path_of(blob: BlobClient) -> str:
    """Return the path of a blob's address."""
    return f"/{blob.container_name}/{quote(blob.blob_name)}"


def request(token: str, asker: Asker, method: str, path: str, **headers: str) -> requests.Response:
    """Send a request with any text as its token, or none; `_` in a header's name stands for `-`."""
    own = {"Authorization": f"Bearer {token}"} if token else {}
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(
        method,
        f"https://{asker.hosts.account}{path}",
        headers={"x-ms-version": VERSION, **own, **given},
        timeout=30,
    )
