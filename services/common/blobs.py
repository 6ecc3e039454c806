"""Blob Storage: one client a process, create-only writes, and proofs of each right."""

from typing import IO, Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobProperties, BlobServiceClient, ContainerClient, ExponentialRetry

_PROBE = "readiness-probe"

# Azure's errors for the creation of a blob that exists: 409 by If-None-Match, or 403 because
# blobs/add/action never overwrites. The second is not the 403 of a missing role.
# learn.microsoft.com/rest/api/storageservices/put-blob
_ALREADY_THERE = ("BlobAlreadyExists", "UnauthorizedBlobOverwrite")


def open_account(
    endpoint: str, credential: TokenCredential, *, read_timeout: float = 30, retries: int = 2
) -> BlobServiceClient:
    """Return the process's client; it is thread-safe and connects at its first request.

    If storage hangs, a request fails after `read_timeout` seconds and `retries` more attempts.
    """
    return BlobServiceClient(
        endpoint,
        credential,
        # The SDK's own first pause is 15 s, too long for a person or a locked message. This is 3 s.
        retry_policy=ExponentialRetry(
            initial_backoff=1, increment_base=2, retry_total=retries, random_jitter_range=1
        ),
        connection_timeout=5,
        read_timeout=read_timeout,
    )


def create(
    container: ContainerClient, name: str, data: bytes | IO[bytes], length: int, **options: Any
) -> bool:
    """Create a blob in one Put Blob; return False if it exists already. Raises AzureError.

    A caller that repeats itself may treat both as success. The SDK is one: its retry may meet the
    blob of its first attempt. Above 64 MiB (max_single_put_size) the SDK sends blocks instead.
    """
    blob = container.get_blob_client(name)
    try:
        blob.upload_blob(data, length=length, overwrite=False, **options)
    except HttpResponseError as error:
        if getattr(error, "error_code", None) in _ALREADY_THERE:
            return False
        raise
    return True


def find(container: ContainerClient, name: str) -> BlobProperties | None:
    """Return a blob's properties, None if it is missing; raises AzureError."""
    try:
        return container.get_blob_client(name).get_blob_properties()
    except ResourceNotFoundError as error:
        expect_blob_not_found(error)
        return None


def prove_read(container: ContainerClient) -> None:
    """Prove blobs/read by a request for a missing blob; raises AzureError."""
    find(container, f"{_PROBE}-missing")


def prove_tags(container: ContainerClient) -> None:
    """Prove blobs/tags/read by a request for the tags of a missing blob; raises AzureError."""
    try:
        container.get_blob_client(f"{_PROBE}-missing").get_blob_tags()
    except ResourceNotFoundError as error:
        expect_blob_not_found(error)


def prove_create(container: ContainerClient) -> None:
    """Prove blobs/add/action or blobs/write by one fixed empty blob; raises AzureError."""
    create(container, _PROBE, b"", length=0)


def expect_blob_not_found(error: ResourceNotFoundError) -> None:
    """Reraise `error` unless the blob is missing, as opposed to its container."""
    if getattr(error, "error_code", None) != "BlobNotFound":
        raise error
