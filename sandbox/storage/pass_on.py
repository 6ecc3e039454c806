"""Passes a success of Azurite's on as Azure's: its headers and its documents; blobs flow."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web

from sandbox.storage.documents import DOCUMENTS, as_azure_writes
from sandbox.storage.headers import success
from sandbox.storage.name import Named

# Below this a body is passed on in one piece, which costs less than a stream.
_SMALL = 64 * 1024
_CHUNK = 64 * 1024


async def pass_on(
    request: web.Request, answer: aiohttp.ClientResponse, named: Named, endpoint: str
) -> web.StreamResponse:
    """Return the answer to `request`. `endpoint` is what the account calls itself in listings."""
    headers = success(answer.status, answer.headers, named, request.headers)
    if named.operation.as_head:
        return web.Response(headers=headers)
    if named.operation.name in DOCUMENTS:
        return await _document(answer, named, headers, endpoint)
    if request.method != "HEAD" and _is_small(answer):
        return web.Response(status=answer.status, headers=headers, body=await answer.read())
    return await _streamed(request, answer, headers)


async def _document(
    answer: aiohttp.ClientResponse, named: Named, headers: Mapping[str, str], endpoint: str
) -> web.Response:
    """Azurite writes a document as a whole, too; Azure sends it without telling its length."""
    parameters = named.target.parameters
    body = as_azure_writes(await answer.read(), named.operation.name, parameters, endpoint)
    response = web.Response(headers=headers, body=body)
    response.enable_chunked_encoding()
    return response


def _is_small(answer: aiohttp.ClientResponse) -> bool:
    return answer.content_length is not None and answer.content_length <= _SMALL


async def _streamed(
    request: web.Request, answer: aiohttp.ClientResponse, headers: Mapping[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    # Of a container, or of the account, HEAD has no body to tell the length of.
    response.content_length = 0 if request.method == "HEAD" else None
    if answer.content_length is not None:
        response.content_length = answer.content_length
    await response.prepare(request)
    async for chunk in answer.content.iter_chunked(_CHUNK):
        await response.write(chunk)
    await response.write_eof()
    return response
