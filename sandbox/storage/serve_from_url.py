"""Serves a write whose body is another blob, read by a request of its own.

https://learn.microsoft.com/rest/api/storageservices/append-block-from-url
https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import aiohttp
from aiohttp import web

from sandbox.plane import Granted
from sandbox.storage.azurite_errors import error_of, succeeded, unanswered
from sandbox.storage.backend import Backend
from sandbox.storage.copy_source import cannot_verify
from sandbox.storage.errors import StorageError
from sandbox.storage.forward import Forwarded, rebuild
from sandbox.storage.name import Named
from sandbox.storage.rendering import error_response
from sandbox.storage.response import pass_on
from sandbox.storage.serve import Permit
from sandbox.storage.source_rights import permitted_source
from sandbox.storage.versions import version_of

_CHUNK = 64 * 1024
# The properties that a new blob has of its source, unless the request has its own.
_PROPERTIES = ("content-type", "content-encoding", "content-language", "content-disposition")
_COPIED = {name: f"x-ms-blob-{name}" for name in (*_PROPERTIES, "cache-control")}


async def serve_from_url(
    request: web.Request, granted: Granted[Named], permit: Permit, backend: Backend, endpoint: str
) -> web.StreamResponse:
    """Return the answer to a write whose body is at a URL. Raises Refusal if it cannot be read."""
    named = granted.named
    version = version_of(named.headers)
    reading = await permitted_source(named, permit)
    try:
        async with backend.send(rebuild(reading)) as found:
            if not succeeded(found):
                cause = await error_of(found, reading, backend)
                error = cannot_verify(cause, version)
                return error_response(error, request.method, request.headers)
            return await _written(request, found, granted, backend, endpoint)
    except (aiohttp.ClientError, TimeoutError) as failure:
        raise unanswered(failure) from failure


async def _written(
    request: web.Request,
    found: aiohttp.ClientResponse,
    granted: Granted[Named],
    backend: Backend,
    endpoint: str,
) -> web.StreamResponse:
    body = _chunks(found)
    forwarded = rebuild(granted)
    if granted.named.operation.name == "PutBlobFromURL":
        forwarded = _with_properties(forwarded, found.headers, granted.named)
    async with backend.send(forwarded, found.content_length, body) as answer:
        if answer.status < 300:
            return await pass_on(request, answer, granted.named, endpoint)
        error = await error_of(answer, granted, backend)
    error = _without_sums(error, granted.named)
    return error_response(error, request.method, request.headers)


def _with_properties(forwarded: Forwarded, source: Mapping[str, str], named: Named) -> Forwarded:
    """Return the request with the source's properties, if the client has not turned that off.

    Neither the tier nor the tags are copied: Azure/azure-sdk-for-python, azure-storage-blob,
    tests/test_block_blob.py, test_upload_blob_from_url_source_and_destination_properties.
    """
    if named.headers.get("x-ms-copy-source-blob-properties", "true").lower() == "false":
        return forwarded
    copied = {_COPIED[name]: source[name] for name in _COPIED if name in source}
    return replace(forwarded, headers=copied | dict(forwarded.headers))


def _without_sums(error: StorageError, named: Named) -> StorageError:
    """Return the error without both sums, which only Put Block From URL shows.

    Azure/azure-storage-python tests/recordings/
    test_append_blob.test_append_block_from_url_and_validate_content_md5.yaml, and two more.
    """
    if error.code != "Md5Mismatch" or named.operation.name == "PutBlockFromURL":
        return error
    return StorageError(error.status, error.code, error.message)


async def _chunks(found: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in found.content.iter_chunked(_CHUNK):
        yield chunk
