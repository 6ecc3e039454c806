"""Carries out a batch: each part authenticated, named, decided, served and answered by itself."""

import uuid
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from sandbox.storage.answers import SERVER, Refused, common_headers, error
from sandbox.storage.asked import Asked
from sandbox.storage.backend import Backend
from sandbox.storage.batch import LONGEST, Part, PartAnswer, compose, parse_batch
from sandbox.storage.decide import Permitted
from sandbox.storage.pass_on import answer_headers, body_of
from sandbox.storage.rebuild import rebuild
from sandbox.storage.serve import body_length, check, whole_body

Permit = Callable[[Asked], Awaitable[Permitted]]


async def serve_batch(
    request: web.Request, batch: Permitted, permit: Permit, backend: Backend
) -> web.Response:
    """The answers to all parts. Raises Refused if the batch as a whole is none."""
    length = body_length(rebuild(batch), request.headers) or 0
    if length > LONGEST:
        raise Refused("RequestBodyTooLarge")
    version = common_headers(request.headers)["x-ms-version"]
    content_type = request.headers.get("Content-Type", "")
    body = await whole_body(request, length)
    parts = parse_batch(body, content_type, batch.named.target, version)
    answers = [await _answered(part, permit, backend) for part in parts]
    boundary = f"batchresponse_{uuid.uuid4()}"
    headers = {
        **common_headers(request.headers),
        "Server": SERVER,
        "x-ms-request-id": str(uuid.uuid4()),
        "Content-Type": f"multipart/mixed; boundary={boundary}",
    }
    return web.Response(status=202, headers=headers, body=compose(answers, boundary))


async def _answered(part: Part, permit: Permit, backend: Backend) -> PartAnswer:
    try:
        return await _carried_out(part, await permit(part.asked), backend)
    except Refused as refused:
        headers, body = error(refused, part.asked.headers)
        return PartAnswer(part.content_id, refused.status, headers, body)


async def _carried_out(part: Part, permitted: Permitted, backend: Backend) -> PartAnswer:
    forwarded = rebuild(permitted)
    length = body_length(forwarded, part.asked.headers)
    try:
        async with backend.send(forwarded, length) as answer:
            check(answer, permitted)
            headers = answer_headers(answer, part.asked.headers)
            return PartAnswer(part.content_id, answer.status, headers, await body_of(answer))
    except (aiohttp.ClientError, TimeoutError) as failure:
        raise Refused("ServerBusy") from failure
