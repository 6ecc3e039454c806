"""Passes Azurite's answer on as Azure's: headers of the one connection stay behind, bodies flow."""

import re
import uuid
from collections.abc import Mapping

import aiohttp
from aiohttp import web

from sandbox.storage.answers import SERVER, common_headers
from sandbox.storage.operations import Operation

# Below this a body is passed on in one piece, which costs less than a stream.
_SMALL = 64 * 1024
_CHUNK = 64 * 1024
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "trailer"})
# The time in an error's message. Azurite tells milliseconds, Azure all seven digits.
_MILLISECONDS = re.compile(rb"(\nTime:[0-9:T-]+\.[0-9]{3})Z")
_LISTS = frozenset({"ListContainers", "ListBlobs", "FindBlobsByTags"})


async def pass_on(
    request: web.Request, answer: aiohttp.ClientResponse, operation: Operation, endpoint: str
) -> web.StreamResponse:
    """The answer to `request`. `endpoint` is what the account calls itself in listings."""
    headers = answer_headers(answer, request.headers)
    if operation.as_head:
        return web.Response(status=answer.status, headers=_without_body(headers))
    if operation.name in _LISTS and answer.status == 200:
        return web.Response(headers=headers, body=mended(await answer.read(), endpoint))
    if request.method != "HEAD" and _is_small(answer):
        return web.Response(status=answer.status, headers=headers, body=await body_of(answer))
    return await _streamed(request, answer, headers)


async def body_of(answer: aiohttp.ClientResponse) -> bytes:
    """The whole body; an error as Azure writes it."""
    body = await answer.read()
    return body if answer.status < 400 else _MILLISECONDS.sub(rb"\g<1>0000Z", body)


def _is_small(answer: aiohttp.ClientResponse) -> bool:
    if answer.content_length is None:
        return answer.status not in {200, 206}
    return answer.content_length <= _SMALL


async def _streamed(
    request: web.Request, answer: aiohttp.ClientResponse, headers: Mapping[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = answer.content_length
    await response.prepare(request)
    async for chunk in answer.content.iter_chunked(_CHUNK):
        await response.write(chunk)
    await response.write_eof()
    return response


def answer_headers(answer: aiohttp.ClientResponse, asked: Mapping[str, str]) -> dict[str, str]:
    """Azurite's headers without those of its connection, with what Azure repeats of a request."""
    ours = {**common_headers(asked), "server": SERVER}
    replaced = _HOP_BY_HOP | {"content-length", *ours}
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in replaced}
    return {"x-ms-request-id": str(uuid.uuid4())} | kept | ours


def _without_body(headers: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in headers.items() if not key.lower().startswith("content-")}


def mended(listing: bytes, endpoint: str) -> bytes:
    """A listing that names the account's endpoint as Azure does; Azurite adds the account to it."""
    start = listing.find(b'ServiceEndpoint="')
    if start < 0:
        return listing
    start += len(b'ServiceEndpoint="')
    return listing[:start] + endpoint.encode() + listing[listing.index(b'"', start) :]
