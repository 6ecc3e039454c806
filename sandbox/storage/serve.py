"""Carries a granted request to Azurite and the answer back, bodies chunk by chunk, untouched."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import aiohttp
from aiohttp import web

from sandbox.plane import Granted
from sandbox.storage.azurite_errors import error_of, succeeded, unanswered
from sandbox.storage.backend import Backend, Body
from sandbox.storage.errors import refusal
from sandbox.storage.forward import Forwarded, rebuild
from sandbox.storage.name import Named
from sandbox.storage.rendering import error_response
from sandbox.storage.request import BlobRequest
from sandbox.storage.request_xml import DOCUMENTS, for_azurite
from sandbox.storage.response import pass_on

# Below this a body is sent in one piece, which costs less than a stream.
_SMALL = 64 * 1024
# A list of 50,000 blocks, whose names have at most 88 characters, and the elements around them.
_LONGEST_LIST = 8 * 1024 * 1024

# Takes a request that another one holds through the walk, as far as it concerns rights.
Permit = Callable[[BlobRequest], Awaitable[Granted[Named]]]


async def serve(
    request: web.Request, granted: Granted[Named], backend: Backend, endpoint: str
) -> web.StreamResponse:
    """Return Azurite's answer as Azure's. Raises Refusal where Azure would turn the request away.

    `endpoint` is the account's address in listings.
    """
    forwarded = rebuild(granted)
    length = body_length(forwarded, request.headers)
    try:
        body: Body
        if granted.named.operation.name in DOCUMENTS:
            body = await _document(request, granted.named.operation.name, length or 0)
            length = len(body)
        else:
            body = await _body(request, length) if forwarded.takes_body else None
        async with backend.send(forwarded, length, body) as answer:
            if succeeded(answer):
                return await pass_on(request, answer, granted.named, endpoint)
            error = await error_of(answer, granted, backend)
    except (aiohttp.ClientError, TimeoutError) as failure:
        if request.transport is None or request.writer.output_size:
            raise
        raise unanswered(failure) from failure
    return error_response(error, request.method, request.headers)


def body_length(forwarded: Forwarded, headers: Mapping[str, str]) -> int | None:
    """Return the length of the forwarded body; None for a method that has no body.

    Raises Refusal 411 for a body of unknown length.
    """
    if forwarded.method in {"GET", "HEAD", "DELETE"}:
        return None
    if not forwarded.takes_body:
        return 0
    if "Transfer-Encoding" in headers:
        raise refusal("MissingContentLengthHeader")
    return int(headers.get("Content-Length", "0"))


async def whole_body(request: web.Request, length: int) -> bytes:
    """Return a body that is small enough to hold. Raises ConnectionError if the client gave up."""
    if not length:
        return b""
    await _continue(request)
    try:
        return await request.content.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the client went away") from error


async def _document(request: web.Request, operation: str, length: int) -> bytes:
    if length > (_LONGEST_LIST if operation == "PutBlockList" else _SMALL):
        raise refusal("RequestBodyTooLarge")
    return for_azurite(operation, await whole_body(request, length))


async def _body(request: web.Request, length: int | None) -> Body:
    if not length or length <= _SMALL:
        return await whole_body(request, length or 0) or None
    await _continue(request)
    return _chunks(request)


async def _continue(request: web.Request) -> None:
    """Send 100 Continue, if the client waits for it: only now, after authorization."""
    if "Expect" in request.headers:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk
