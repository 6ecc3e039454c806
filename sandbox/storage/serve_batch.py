"""Serves a batch: each part is authenticated, named, decided on, served and answered by itself."""

import uuid
from dataclasses import replace

import aiohttp
from aiohttp import web

from sandbox.plane import Granted
from sandbox.storage.azurite_errors import error_of, unanswered
from sandbox.storage.backend import Backend
from sandbox.storage.batch import LONGEST, Part, PartAnswer, compose, failed, parse_batch
from sandbox.storage.errors import StorageError, refusal
from sandbox.storage.forward import rebuild
from sandbox.storage.name import Named
from sandbox.storage.rendering import SERVER, new_id, repeated
from sandbox.storage.request import of_a_sas
from sandbox.storage.response import success
from sandbox.storage.serve import Permit, body_length, whole_body


async def serve_batch(
    request: web.Request, batch: Granted[Named], permit: Permit, backend: Backend
) -> web.Response:
    """Return the answers to all parts. Raises Refusal if the batch as a whole is invalid."""
    length = body_length(rebuild(batch), request.headers) or 0
    if length > LONGEST:
        raise refusal("RequestBodyTooLarge")
    version = repeated(request.headers)["x-ms-version"]
    content_type = request.headers.get("Content-Type", "")
    body = await whole_body(request, length)
    try:
        parts = parse_batch(body, content_type, batch.named.target, version)
        answers = [
            await _answered(_from(part, request.remote or ""), permit, backend) for part in parts
        ]
    except StorageError as error:
        if error.code != "ExceedsMaxBatchRequestCount":
            raise
        # As recorded in Azure/azure-sdk-for-java issue 6725: an answer that belongs to no part.
        answers = [failed("", request.headers, error)]
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


def _from(part: Part, source_ip: str) -> Part:
    """Return a part that comes from there, as its batch does."""
    if not part.request.target.sas:
        return part
    return replace(part, request=of_a_sas(part.request, source_ip))


async def _answered(part: Part, permit: Permit, backend: Backend) -> PartAnswer:
    try:
        return await _served(part, await permit(part.request), backend)
    except StorageError as error:
        return failed(part.content_id, part.request.headers, error)


async def _served(part: Part, granted: Granted[Named], backend: Backend) -> PartAnswer:
    forwarded, sent = rebuild(granted), part.request.headers
    length = body_length(forwarded, sent)
    try:
        async with backend.send(forwarded, length) as answer:
            if answer.status >= 300:
                error = await error_of(answer, granted, backend)
                return failed(part.content_id, sent, error)
            headers = success(answer.status, answer.headers, granted.named, sent)
            return PartAnswer(part.content_id, answer.status, answer.reason or "", headers)
    except (aiohttp.ClientError, TimeoutError) as failure:
        raise unanswered(failure) from failure
