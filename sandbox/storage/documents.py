"""Documents of XML that Azure answers with: its declaration, and its elements of a listing."""

import re
from collections.abc import Mapping

from sandbox.storage.rendering import BOM, DECLARATION

# Operations that answer with one. What a blob holds is never looked at.
DOCUMENTS = frozenset(
    {"FindBlobsByTags", "GetBlobServiceProperties", "GetBlobServiceStats", "GetBlobTags"}
    | {"GetBlockList", "GetContainerACL", "GetPageRanges", "ListBlobs", "ListContainers"}
)
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\?>\s*")
# Azurite repeats these even if they were not asked for.
_ASKED_FOR = {
    b"Prefix": "prefix",
    b"Marker": "marker",
    b"MaxResults": "maxresults",
    b"Delimiter": "delimiter",
}
_OF_THE_QUESTION = re.compile(rb"<(Prefix|Marker|MaxResults|Delimiter)(?:/>|>[^<]*</\1>)")
_ENTRIES = re.compile(rb"<(?:Blobs|Containers)[/>]")
# Azure names the properties of a blob that are empty, too; Azurite leaves them out.
_EMPTY = (
    (re.compile(rb"(</Content-Type>)(?!<Content-Encoding)"), rb"\1<Content-Encoding />"),
    (
        re.compile(rb"(<Content-Encoding />|</Content-Encoding>)(?!<Content-Language)"),
        rb"\1<Content-Language />",
    ),
    (re.compile(rb"(</Content-MD5>)(?!<Content-Disposition)"), rb"\1<Content-Disposition />"),
    (
        re.compile(rb"(<Content-Disposition />|</Content-Disposition>)(?!<Cache-Control)"),
        rb"\1<Cache-Control />",
    ),
)


def as_azure_writes(
    document: bytes, operation: str, parameters: Mapping[str, str], endpoint: str
) -> bytes:
    """Return what Azurite wrote as Azure writes it.

    `endpoint` is what the account calls itself in listings; Azurite adds the account's name to it.
    """
    body = _DECLARED.sub(b"", document, count=1)
    if operation in {"ListBlobs", "ListContainers"}:
        body = _listing(body, parameters)
    if operation == "GetBlockList":
        body = _block_list(body, parameters.get("blocklisttype", "committed"))
    return BOM + DECLARATION + _with_endpoint(body, endpoint)


def _listing(body: bytes, parameters: Mapping[str, str]) -> bytes:
    found = _ENTRIES.search(body)
    begin = found.start() if found else len(body)
    head = _OF_THE_QUESTION.sub(
        lambda each: each[0] if parameters.get(_ASKED_FOR[each[1]]) else b"", body[:begin]
    )
    entries = body[begin:]
    for pattern, filled in _EMPTY:
        entries = pattern.sub(filled, entries)
    return head + entries


def _block_list(body: bytes, asked: str) -> bytes:
    """Only the lists that were asked for; Azurite has the other one too, and empty."""
    if asked == "committed":
        return body.replace(b"<UncommittedBlocks/>", b"", 1)
    if asked == "uncommitted":
        return body.replace(b"<CommittedBlocks/>", b"", 1)
    return body


def _with_endpoint(body: bytes, endpoint: str) -> bytes:
    start = body.find(b'ServiceEndpoint="')
    if start < 0:
        return body
    start += len(b'ServiceEndpoint="')
    return body[:start] + endpoint.encode() + body[body.index(b'"', start) :]
