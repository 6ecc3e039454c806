"""Carries out a batch: each part authenticated, named, decided, served and answered by itself."""

import uuid
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from sandbox.storage.azurite_errors import failure_of
from sandbox.storage.backend import Backend
from sandbox.storage.batch import LONGEST, Part, PartAnswer, compose, failed, parse_batch
from sandbox.storage.decide import Permitted
from sandbox.storage.errors import Refused
from sandbox.storage.forward import rebuild
from sandbox.storage.rendering import SERVER, new_id, repeated
from sandbox.storage.request import BlobRequest
from sandbox.storage.response import success
from sandbox.storage.serve import body_length, whole_body

Permit = Callable[[BlobRequest], Awaitable[Permitted]]


async def serve_batch(
    request: web.Request, batch: Permitted, permit: Permit, backend: Backend
) -> web.Response:
    """The answers to all parts. Raises Refused if the batch as a whole is none."""
    length = body_length(rebuild(batch), request.headers) or 0
    if length > LONGEST:
        raise Refused("RequestBodyTooLarge")
    version = repeated(request.headers)["x-ms-version"]
    content_type = request.headers.get("Content-Type", "")
    body = await whole_body(request, length)
    try:
        parts = parse_batch(body, content_type, batch.named.target, version)
        answers = [await _answered(part, permit, backend) for part in parts]
    except Refused as refused:
        if refused.code != "ExceedsMaxBatchRequestCount":
            raise
        # As recorded in Azure/azure-sdk-for-java issue 6725: a part that answers to none.
        answers = [failed("", request.headers, refused.failure)]
    boundary = f"batchresponse_{uuid.uuid4()}"
    headers = {
        **repeated(request.headers),
        "Server": SERVER,
        "x-ms-request-id": new_id(),
        "Content-Type": f"multipart/mixed; boundary={boundary}",
    }
    response = web.Response(status=202, headers=headers, body=compose(answers, boundary))
    response.enable_chunked_encoding()
    return response


async def _answered(part: Part, permit: Permit, backend: Backend) -> PartAnswer:
    try:
        return await _carried_out(part, await permit(part.asked), backend)
    except Refused as refused:
        return failed(part.content_id, part.asked.headers, refused.failure)


async def _carried_out(part: Part, permitted: Permitted, backend: Backend) -> PartAnswer:
    forwarded = rebuild(permitted)
    length = body_length(forwarded, part.asked.headers)
    try:
        async with backend.send(forwarded, length) as answer:
            if answer.status < 300:
                named, asked = permitted.named, part.asked.headers
                headers = success(answer.status, answer.headers, named, asked)
                return PartAnswer(part.content_id, answer.status, answer.reason or "", headers)
            failure = await failure_of(answer, permitted, backend)
            return failed(part.content_id, part.asked.headers, failure)
    except (aiohttp.ClientError, TimeoutError) as failure:
        raise Refused("ServerBusy") from failure
