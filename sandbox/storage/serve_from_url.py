"""Writes what another blob holds: the blob is read by a request of its own, with its own token.

https://learn.microsoft.com/rest/api/storageservices/append-block-from-url
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from sandbox.storage.azurite_errors import failure_of, succeeded
from sandbox.storage.backend import Backend
from sandbox.storage.copy_source import SOURCE_CONDITIONS, CopySource, cannot_verify
from sandbox.storage.decide import Permitted
from sandbox.storage.errors import Failure, Refused
from sandbox.storage.forward import rebuild
from sandbox.storage.name import Named
from sandbox.storage.rendering import response
from sandbox.storage.request import BlobRequest
from sandbox.storage.response import pass_on
from sandbox.storage.versions import version_of

Permit = Callable[[BlobRequest], Awaitable[Permitted]]

_CHUNK = 64 * 1024


async def serve_from_url(
    request: web.Request, permitted: Permitted, permit: Permit, backend: Backend, endpoint: str
) -> web.StreamResponse:
    """Return the answer to a write whose body is at a URL. Raises Refused if it is not readable."""
    named = permitted.named
    version = version_of(named.headers)
    reading = await _permitted_to_read(named, permit, version)
    try:
        async with backend.send(rebuild(reading)) as found:
            if not succeeded(found):
                cause = await failure_of(found, reading, backend)
                failure = cannot_verify(cause, version).failure
                return response(failure, request.method, request.headers)
            return await _written(request, found, permitted, backend, endpoint)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refused("ServerBusy", headers={"Retry-After": "1"}) from error


async def _permitted_to_read(named: Named, permit: Permit, version: str) -> Permitted:
    """Without a token of its own, the source would have to be public, which no blob here is.

    Azure/azure-sdk-for-net issue 16882 has the status that follows from that.
    """
    assert named.source is not None  # noqa: S101 (the table has no such row without a source)
    token = named.headers.get("x-ms-copy-source-authorization", "")
    if not token:
        raise cannot_verify(Refused("PublicAccessNotPermitted").failure, version)
    try:
        return await permit(_read_of(named.source, named, token))
    except Refused as refused:
        raise cannot_verify(refused.failure, version) from refused


def _read_of(source: CopySource, named: Named, token: str) -> BlobRequest:
    headers = {
        SOURCE_CONDITIONS[name]: value
        for name, value in named.headers.items()
        if name in SOURCE_CONDITIONS
    }
    if "x-ms-source-range" in named.headers:
        headers["x-ms-range"] = named.headers["x-ms-source-range"]
    headers |= {"Authorization": token, "x-ms-version": named.headers["x-ms-version"]}
    return BlobRequest("GET", source.target, CIMultiDict(headers))


async def _written(
    request: web.Request,
    found: aiohttp.ClientResponse,
    permitted: Permitted,
    backend: Backend,
    endpoint: str,
) -> web.StreamResponse:
    body = _chunks(found)
    async with backend.send(rebuild(permitted), found.content_length, body) as answer:
        if answer.status < 300:
            return await pass_on(request, answer, permitted.named, endpoint)
        failure = await failure_of(answer, permitted, backend)
    return response(_of_what_was_read(failure, permitted.named), request.method, request.headers)


def _of_what_was_read(failure: Failure, named: Named) -> Failure:
    """Of a checksum that is wrong, only Put Block From URL tells both sums.

    Azure/azure-storage-python tests/recordings/
    test_append_blob.test_append_block_from_url_and_validate_content_md5.yaml, and two more.
    """
    if failure.code != "Md5Mismatch" or named.operation.name == "PutBlockFromURL":
        return failure
    return Failure(failure.status, failure.code, failure.message)


async def _chunks(found: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in found.content.iter_chunked(_CHUNK):
        yield chunk
