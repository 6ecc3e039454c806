"""XML documents of responses: Azure's declaration, and Azure's elements of a listing."""

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

from sandbox.storage.paging import page_of_ranges, with_opaque_marker
from sandbox.storage.rendering import BOM, DECLARATION
from sandbox.storage.versions import is_since

# Operations that answer with a document. The content of a blob is never read.
DOCUMENTS = frozenset(
    {"FindBlobsByTags", "GetBlobServiceProperties", "GetBlobServiceStats", "GetBlobTags"}
    | {"GetBlockList", "GetContainerACL", "GetPageRanges", "ListBlobs", "ListContainers"}
)
# Answers that come in pages.
_PAGED = frozenset({"FindBlobsByTags", "ListBlobs", "ListContainers"})
_NOT_IN_XML = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_NAMES_NOT_IN_XML = re.compile(rb"<(Delimiter|Name|Prefix)>([^<]*\xef\xbf[\xbe\xbf][^<]*)</\1>")
_DECLARED = re.compile(rb"\s*<\?xml[^>]*\?>\s*")
# Azurite repeats these parameters even if they were not sent.
_ASKED_FOR = {
    b"Prefix": "prefix",
    b"Marker": "marker",
    b"MaxResults": "maxresults",
    b"Delimiter": "delimiter",
}
_OF_THE_QUESTION = re.compile(rb"<(Prefix|Marker|MaxResults|Delimiter)(?:/>|>[^<]*</\1>)")
_ENTRIES = re.compile(rb"<(?:Blobs|Containers)[/>]")
# Azure leaves it out: Azure/azure-sdk-for-python, azure-storage-blob, tests/test_container.py,
# test_set_container_acl_with_empty_access_policy.
_NO_POLICY = b"<AccessPolicy/>"
# Since this version a container says whether its versions can be kept from change:
# Azure/azure-sdk-for-net sdk/storage/Azure.Storage.Blobs/CHANGELOG.md, 12.10.0.
FIRST_WITH_VERSIONS = "2020-10-02"
# Azure/azure-sdk-for-python, azure-storage-blob, tests/test_container.py, test_list_containers.
_LAST = b"</HasLegalHold></Properties>"
_WITH_VERSIONS = (
    b"</HasLegalHold><ImmutableStorageWithVersioningEnabled>false"
    b"</ImmutableStorageWithVersioningEnabled></Properties>"
)
# The elements that Azurite may write behind a blob's type, in its order. Azure writes all of them
# but the MD5 even if they are empty.
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
    document: bytes,
    operation: str,
    parameters: Mapping[str, str],
    endpoint: str,
    *,
    version: str = "",
) -> bytes:
    """Return Azurite's document as Azure writes it in `version`, "" for the latest.

    `endpoint` is the account's address in listings; Azurite appends the account's name to it.
    """
    body = _DECLARED.sub(b"", document, count=1)
    if operation in {"ListBlobs", "ListContainers"}:
        body = _listing(body, parameters)
    if operation == "ListContainers" and is_since(version, FIRST_WITH_VERSIONS):
        body = body.replace(_LAST, _WITH_VERSIONS)
    if operation in _PAGED:
        body = with_opaque_marker(body)
    if operation == "GetBlockList":
        body = _block_list(body, parameters.get("blocklisttype", "committed"))
    if operation == "GetContainerACL":
        body = body.replace(_NO_POLICY, b"")
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
    """Return an element that repeats a parameter, if it was sent; a marker as it was sent."""
    asked = parameters.get(_ASKED_FOR[found[1]])
    if not asked:
        return b""
    return b"<Marker>" + asked.encode() + b"</Marker>" if found[1] == b"Marker" else found[0]


def _encoded(found: re.Match[bytes]) -> bytes:
    """Return a name that XML cannot hold percent-encoded, and marked so.

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
    """Return the lists that were asked for, without the empty one that Azurite adds."""
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
