"""Carries a permitted request to Azurite and the answer back, bodies chunk by chunk, untouched."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

from sandbox.storage.azurite_errors import failure_of, succeeded
from sandbox.storage.backend import Backend, Body
from sandbox.storage.decide import Permitted
from sandbox.storage.errors import Refused
from sandbox.storage.forward import Forwarded, rebuild
from sandbox.storage.rendering import response
from sandbox.storage.request_xml import DOCUMENTS, for_azurite
from sandbox.storage.response import pass_on

# Below this a body is passed on in one piece, which costs less than a stream.
_SMALL = 64 * 1024
# A list of 50,000 blocks, whose names have at most 88 characters, and the elements around them.
_LONGEST_LIST = 8 * 1024 * 1024


async def serve(
    request: web.Request, permitted: Permitted, backend: Backend, endpoint: str
) -> web.StreamResponse:
    """Azurite's answer, passed on. Raises Refused where Azure would answer otherwise.

    `endpoint` is what the account calls itself in listings.
    """
    forwarded = rebuild(permitted)
    length = body_length(forwarded, request.headers)
    try:
        body: Body
        if permitted.named.operation.name in DOCUMENTS:
            body = await _document(request, permitted.named.operation.name, length or 0)
            length = len(body)
        else:
            body = await _body(request, length) if forwarded.takes_body else None
        async with backend.send(forwarded, length, body) as answer:
            if succeeded(answer):
                return await pass_on(request, answer, permitted.named, endpoint)
            failure = await failure_of(answer, permitted, backend)
    except (aiohttp.ClientError, TimeoutError) as error:
        if request.transport is None or request.writer.output_size:
            raise
        raise Refused("ServerBusy", headers={"Retry-After": "1"}) from error
    return response(failure, request.method, request.headers)


def body_length(forwarded: Forwarded, headers: Mapping[str, str]) -> int | None:
    """How long the forwarded body is; None where there is none to speak of.

    Raises Refused 411 for a body whose length is not told.
    """
    if forwarded.method in {"GET", "HEAD", "DELETE"}:
        return None
    if not forwarded.takes_body:
        return 0
    if "Transfer-Encoding" in headers:
        raise Refused("MissingContentLengthHeader")
    return int(headers.get("Content-Length", "0"))


async def whole_body(request: web.Request, length: int) -> bytes:
    """A body that is small enough to hold. Raises ConnectionError if the client gave up."""
    if not length:
        return b""
    await _go_on(request)
    try:
        return await request.content.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the client went away") from error


async def _document(request: web.Request, operation: str, length: int) -> bytes:
    if length > (_LONGEST_LIST if operation == "PutBlockList" else _SMALL):
        raise Refused("RequestBodyTooLarge")
    return for_azurite(operation, await whole_body(request, length))


async def _body(request: web.Request, length: int | None) -> Body:
    if not length or length <= _SMALL:
        return await whole_body(request, length or 0) or None
    await _go_on(request)
    return _chunks(request)


async def _go_on(request: web.Request) -> None:
    """A client may wait to be told: its body is wanted only now that it is allowed."""
    if "Expect" in request.headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk
