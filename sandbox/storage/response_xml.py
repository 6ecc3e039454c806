"""Documents of XML that Azure answers with: its declaration, and its elements of a listing."""

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

from sandbox.storage.paging import page_of_ranges, with_opaque_marker
from sandbox.storage.rendering import BOM, DECLARATION

# Operations that answer with one. What a blob holds is never looked at.
DOCUMENTS = frozenset(
    {"FindBlobsByTags", "GetBlobServiceProperties", "GetBlobServiceStats", "GetBlobTags"}
    | {"GetBlockList", "GetContainerACL", "GetPageRanges", "ListBlobs", "ListContainers"}
)
# Answers that come in pages, which a marker leads to.
_PAGED = frozenset({"FindBlobsByTags", "ListBlobs", "ListContainers"})
_NOT_IN_XML = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_NAMES_NOT_IN_XML = re.compile(rb"<(Delimiter|Name|Prefix)>([^<]*\xef\xbf[\xbe\xbf][^<]*)</\1>")
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
# What Azurite may write behind a blob's type, in its order. Azure names all of them but the MD5
# even if they are empty.
_BEHIND_TYPE = (
    b"Content-Encoding",
    b"Content-Language",
    b"Content-MD5",
    b"Content-Disposition",
    b"Cache-Control",
)
_OF_A_BLOB = re.compile(
    b"</Content-Type>" + b"".join(b"(<%s>[^<]*</%s>)?" % (name, name) for name in _BEHIND_TYPE)
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
    if operation in _PAGED:
        body = with_opaque_marker(body)
    if operation == "GetBlockList":
        body = _block_list(body, parameters.get("blocklisttype", "committed"))
    if operation == "GetPageRanges":
        body = page_of_ranges(body, parameters)
    if any(each in body for each in _NOT_IN_XML):
        body = _NAMES_NOT_IN_XML.sub(_encoded, body)
    return BOM + DECLARATION + _with_endpoint(body, endpoint)


def _listing(body: bytes, parameters: Mapping[str, str]) -> bytes:
    found = _ENTRIES.search(body)
    begin = found.start() if found else len(body)
    head = _OF_THE_QUESTION.sub(lambda each: _of_the_question(each, parameters), body[:begin])
    return head + _OF_A_BLOB.sub(_named, body[begin:])


def _of_the_question(found: re.Match[bytes], parameters: Mapping[str, str]) -> bytes:
    """An element that repeats a parameter, if it was sent; the marker as it was given out."""
    asked = parameters.get(_ASKED_FOR[found[1]])
    if not asked:
        return b""
    return b"<Marker>" + asked.encode() + b"</Marker>" if found[1] == b"Marker" else found[0]


def _encoded(found: re.Match[bytes]) -> bytes:
    """A name that XML cannot hold comes percent-encoded, and says so.

    https://learn.microsoft.com/rest/api/storageservices/list-blobs#blob-and-blob-prefix-names
    """
    element, name = found[1].decode(), quote(html.unescape(found[2].decode()))
    return f'<{element} Encoded="true">{name}</{element}>'.encode()


def _named(found: re.Match[bytes]) -> bytes:
    encoding, language, md5, disposition, cache = found.groups()
    return b"".join(
        (
            b"</Content-Type>",
            encoding or b"<Content-Encoding />",
            language or b"<Content-Language />",
            md5 or b"",
            cache or b"<Cache-Control />",
            disposition or b"<Content-Disposition />",
        )
    )


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
