"""The response to a success: Azurite's, with the headers and documents that Azure has instead.

The names of the headers were compared with 2,176 recorded answers of Azure/azure-storage-python
(tests/recordings, of 2019), of which tests/recorded/blob/golden.json has the facts.
"""

from collections.abc import Mapping

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from sandbox.storage.name import Named
from sandbox.storage.operations import METADATA
from sandbox.storage.rendering import SERVER, new_id, repeated
from sandbox.storage.response_xml import DOCUMENTS, FIRST_WITH_VERSIONS, as_azure_writes
from sandbox.storage.sas_text import OVERRIDES
from sandbox.storage.versions import is_since, version_of

# Below this a body is sent in one piece, which costs less than a stream.
_SMALL = 64 * 1024
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "trailer"})
_FRAMING = _HOP_BY_HOP | {"content-length"}
# Operations whose answer has fewer headers than Azurite's.
_NOTHING_ELSE: Mapping[str, frozenset[str]] = {
    "GetBlobMetadata": frozenset({"etag", "last-modified", METADATA}),
    "GetContainerMetadata": frozenset({"etag", "last-modified", METADATA}),
    "UndeleteBlob": frozenset(),
}
_MD5_OF_SOURCE = "x-ms-source-content-md5"
# Azure/azure-sdk-for-python, azure-storage-blob, tests/test_container.py,
# test_get_container_properties.
_WITH_VERSIONS = "x-ms-immutable-storage-with-versioning-enabled"
# https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services
# and the pages of the operations say since when.
_SINCE: Mapping[str, str] = {
    "x-ms-blob-sealed": "2019-12-12",
    "x-ms-content-crc64": "2019-02-02",
    "x-ms-is-hns-enabled": "2019-07-07",
    _WITH_VERSIONS: FIRST_WITH_VERSIONS,
    "x-ms-tag-count": "2019-12-12",
}
# Azurite has a tier for block blobs alone. The recorded accounts were Hot, as this one is.
_WITHOUT_TIER = frozenset({"AppendBlob", "PageBlob"})


async def pass_on(
    request: web.Request, answer: aiohttp.ClientResponse, named: Named, endpoint: str
) -> web.StreamResponse:
    """Return the answer to `request`. `endpoint` is the account's address in listings."""
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
    """Return a document, held as a whole; Azure sends it without a length."""
    parameters = named.target.parameters
    version, found = version_of(named.headers), await answer.read()
    body = as_azure_writes(found, named.operation.name, parameters, endpoint, version=version)
    response = web.Response(headers=headers, body=body)
    response.enable_chunked_encoding()
    return response


def _is_small(answer: aiohttp.ClientResponse) -> bool:
    return answer.content_length is not None and answer.content_length <= _SMALL


async def _streamed(
    request: web.Request, answer: aiohttp.ClientResponse, headers: Mapping[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    # An answer to HEAD on a container or the account has no body, and the length 0.
    response.content_length = 0 if request.method == "HEAD" else None
    if answer.content_length is not None:
        response.content_length = answer.content_length
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response


def success(
    status: int, answered: Mapping[str, str], named: Named, asked: Mapping[str, str]
) -> CIMultiDict[str]:
    """Return the headers of Azure's answer where Azurite gave `answered`, without its length."""
    headers = CIMultiDict(
        (name, value) for name, value in answered.items() if name.lower() not in _FRAMING
    )
    _add(headers, status, named)
    _leave_out(headers, status, named, version_of(asked))
    if named.target.sas:
        _override(headers, named)
    headers.update({**repeated(asked), "Server": SERVER, "x-ms-request-id": new_id()})
    return headers


def _override(headers: CIMultiDict[str], named: Named) -> None:
    """Give the content the headers that the SAS signed for it."""
    if named.operation.name in {"GetBlob", "GetBlobProperties"}:
        for field, name in OVERRIDES.items():
            if named.target.sas.get(field):
                headers[name] = named.target.sas[field]


def _add(headers: CIMultiDict[str], status: int, named: Named) -> None:
    if etag := headers.pop("ETag", ""):
        headers["ETag"] = etag
    match named.operation.name:
        case "DeleteBlob":
            # Without soft delete, every deletion is permanent.
            headers["x-ms-delete-type-permanent"] = "true"
        case "SnapshotBlob":
            # It is about the data that the request sends: its metadata, or nothing.
            # https://learn.microsoft.com/rest/api/storageservices/snapshot-blob
            own = any(name.startswith(METADATA) for name in named.headers)
            headers["x-ms-request-server-encrypted"] = "true" if own else "false"
        case "GetContainerProperties":
            headers[_WITH_VERSIONS] = "false"
        case "PutBlock" | "PutBlockFromURL":
            # Azure/azure-sdk-for-python, azure-storage-blob, tests/test_block_blob.py,
            # test_put_block_with_md5.
            if sent := named.headers.get("content-md5") or named.headers.get(_MD5_OF_SOURCE):
                headers["Content-MD5"] = sent
        case "GetBlob" if status == 206:
            headers["Accept-Ranges"] = "bytes"
        case "GetBlobProperties" if headers.get("x-ms-blob-type") in _WITHOUT_TIER:
            if "snapshot" not in named.target.parameters:
                headers.setdefault("x-ms-access-tier", "Hot")
                headers.setdefault("x-ms-access-tier-inferred", "true")


def _leave_out(headers: CIMultiDict[str], status: int, named: Named, version: str) -> None:
    operation = named.operation.name
    if operation in _NOTHING_ELSE:
        kept = _NOTHING_ELSE[operation]
        for name in {*headers}:
            if name.lower() not in kept and not (METADATA in kept and _is_metadata(name)):
                del headers[name]
    if operation == "GetBlob" and status == 200:
        headers.pop("x-ms-blob-content-md5", None)
    if headers.get("x-ms-blob-sealed") == "false":
        del headers["x-ms-blob-sealed"]
    if headers.get("x-ms-access-tier-inferred") == "true":
        headers.pop("x-ms-access-tier-change-time", None)
    for name, since in _SINCE.items():
        if not is_since(version, since):
            headers.pop(name, None)


def _is_metadata(name: str) -> bool:
    return name.lower().startswith(METADATA)
