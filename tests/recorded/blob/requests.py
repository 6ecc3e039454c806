"""The request for each row: its preparation, and its contents.

Method, path, `restype`, `comp` and the service version are the row's own. The rest is written from
the test that the row names as its example; where that test copies from a URL only to have a body,
the request brings the body itself. `{etag}`, `{lease}` and the like stand for the values that the
steps before have found.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.recorded.blob.place import (
    Place,
    Step,
    append_blob,
    appended,
    block_blob,
    blocks,
    broken_lease,
    committed,
    container,
    copied,
    deleted,
    leased,
    own_key_blob,
    page_blob,
    pages,
    released,
    source,
    tier,
    website,
)


@dataclass(frozen=True)
class Request:
    """`given` happens first. `more` is a query beside the row's; `who` may be `nobody`.

    It may be that the account `fails_within`.
    """

    given: tuple[Step, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Callable[[Place], bytes] = b""
    more: str = ""
    who: str | None = "owner"
    fails_within: bool = False


def asks(
    *given: Step,
    headers: Mapping[str, str] | None = None,
    body: bytes | Callable[[Place], bytes] = b"",
    more: str = "",
    who: str | None = "owner",
    fails_within: bool = False,
) -> Request:
    """Return a request that comes after the steps `given`."""
    return Request(given, headers or {}, body, more, who, fails_within)


def _moment(minutes: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)


_SINCE_LONG_AGO = {"If-Modified-Since": _moment(-15)}
_SINCE_TOMORROW = {"If-Modified-Since": _moment(1440)}
_MATCH = {"If-Match": "{etag}"}
# As the recorded tests sent it: without quotes.
_ANOTHER = {"If-Match": "0x111111111111111"}
_BLOCK_BLOB = {"x-ms-blob-type": "BlockBlob"}
_METADATA = {"x-ms-meta-hello": "world", "x-ms-meta-number": "42"}
_PROPERTIES = {
    "x-ms-blob-content-disposition": "inline",
    "x-ms-blob-content-language": "spanish",
}
_ACQUIRE = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}
_RELEASE = {"x-ms-lease-action": "release", "x-ms-lease-id": "{lease}"}
_BREAK = {"x-ms-lease-action": "break"}
_WITH_LEASE = {"x-ms-lease-id": "{lease}"}
_WHOLE = {"x-ms-range": "bytes=0-33554431"}
_FIRST_PAGE = {"x-ms-page-write": "update", "x-ms-range": "bytes=0-511"}
_PAGE = b"x" * 512
_WRONG_MD5 = {"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}  # noqa: S324
_LATEST = b"".join(b"<Latest>%s</Latest>" % each for each in (b"MQ==", b"Mg==", b"Mw=="))
_BLOCK_LIST = b"<?xml version='1.0' encoding='utf-8'?><BlockList>" + _LATEST + b"</BlockList>"
_UNKNOWN_BLOCK = _BLOCK_LIST.replace(b"Mw==", b"NA==")
_SOURCE = "https://{host}/{container}/source"
# A token of its own opens the source, as a signature did in the recorded address.
_FROM_URL = {
    "x-ms-copy-source": _SOURCE,
    "x-ms-copy-source-authorization": "Bearer {token}",
    "x-ms-source-range": "bytes=0-511",
}
_NOT_CHANGED = {"x-ms-source-if-modified-since": _moment(1440)}
_ANOTHER_SOURCE = {"x-ms-source-if-match": "0x111111111111111"}
_WRONG_SOURCE = {"x-ms-source-content-md5": _WRONG_MD5["Content-MD5"]}
_BATCH = {"Content-Type": "multipart/mixed; boundary=batch"}
_KEY_INFO = (
    b"<?xml version='1.0' encoding='utf-8'?><KeyInfo><Start>%s</Start><Expiry>%s</Expiry></KeyInfo>"
    % tuple(
        (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
        for hours in (0, 1)
    )
)


def _properties(inner: str) -> bytes:
    text = f"<StorageServiceProperties>{inner}</StorageServiceProperties>"
    return f"<?xml version='1.0' encoding='utf-8'?>{text}".encode()


def _retention(element: str, days: int) -> str:
    return f"<{element}><Enabled>True</Enabled><Days>{days}</Days></{element}>"


RULE = _properties(
    "<Cors><CorsRule><AllowedOrigins>https://keyless.example</AllowedOrigins>"
    "<AllowedMethods>GET</AllowedMethods><AllowedHeaders /><ExposedHeaders />"
    "<MaxAgeInSeconds>60</MaxAgeInSeconds></CorsRule></Cors>"
)


def _metrics(days: int) -> bytes:
    counted = "<Version>1.0</Version><Enabled>True</Enabled><IncludeAPIs>True</IncludeAPIs>"
    kept = _retention("RetentionPolicy", days)
    return _properties(f"<HourMetrics>{counted}{kept}</HourMetrics>")


def tiers(*names: str) -> Callable[[Place], bytes]:
    """Return a batch that moves each of the blobs `names` to the tier Cool."""

    def body(place: Place) -> bytes:
        token = place.account.token("owner")
        parts = "".join(
            f"--batch\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
            f"PUT /{place.container}/{name}?comp=tier HTTP/1.1\r\nx-ms-access-tier: Cool\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
            for number, name in enumerate(names)
        )
        return f"{parts}--batch--\r\n".encode()

    return body


REQUESTS: Mapping[str, Request] = {
    # The account.
    "POST service?comp=batch 202": asks(block_blob, headers=_BATCH, body=tiers("blob")),
    "POST service?comp=batch 202 BlobBeingRehydrated": asks(
        block_blob, tier("Archive"), tier("Hot"), headers=_BATCH, body=tiers("blob")
    ),
    "POST service?comp=batch 202 BlobNotFound": asks(
        block_blob, headers=_BATCH, body=tiers("blob", "missing")
    ),
    "GET service?comp=list 200": asks(container),
    "HEAD service?restype=account&comp=properties 200": asks(),
    "GET service?restype=service&comp=properties 200": asks(website),
    "PUT service?restype=service&comp=properties 202": asks(body=_metrics(2)),
    "PUT service?restype=service&comp=properties 400 InvalidXmlDocument": asks(body=_metrics(366)),
    "GET service?restype=service&comp=stats 200": asks(),
    "POST service?restype=service&comp=userdelegationkey 200": asks(body=_KEY_INFO),
    "POST service?restype=service&comp=userdelegationkey 403 AuthorizationPermissionMismatch": asks(
        body=_KEY_INFO, who="nobody"
    ),
    # A container.
    "HEAD container?restype=account&comp=properties 200": asks(),
    "DELETE container?restype=container 202": asks(container, headers=_SINCE_LONG_AGO),
    "DELETE container?restype=container 404 ContainerNotFound": asks(),
    "DELETE container?restype=container 412 ConditionNotMet": asks(
        container, headers=_SINCE_TOMORROW
    ),
    "DELETE container?restype=container 412 LeaseIdMissing": asks(
        container, leased("container", "15")
    ),
    "DELETE container?restype=container 412 LeaseLost": asks(
        container, leased("container", "15"), broken_lease("container"), headers=_WITH_LEASE
    ),
    "GET container?restype=container 200": asks(container),
    "GET container?restype=container 400 InvalidAuthenticationInfo": asks(
        container, headers={"Authorization": "Bearer YmFkIHRva2Vu"}, who=None
    ),
    "GET container?restype=container 404 ContainerNotFound": asks(),
    "PUT container?restype=container 201": asks(),
    "PUT container?restype=container 400 InvalidResourceName": asks(),
    "PUT container?restype=container 409 ContainerAlreadyExists": asks(container),
    "GET container?restype=container&comp=acl 200": asks(container),
    "PUT container?restype=container&comp=acl 200": asks(container, headers=_SINCE_LONG_AGO),
    "PUT container?restype=container&comp=acl 412 ConditionNotMet": asks(
        container, headers=_SINCE_TOMORROW
    ),
    "PUT container?restype=container&comp=lease 200": asks(
        container, leased("container"), headers=_RELEASE
    ),
    "PUT container?restype=container&comp=lease 201": asks(
        container, headers=_ACQUIRE | _SINCE_LONG_AGO
    ),
    "PUT container?restype=container&comp=lease 202": asks(
        container, leased("container"), headers=_BREAK
    ),
    "PUT container?restype=container&comp=lease 409 LeaseAlreadyPresent": asks(
        container, leased("container", "15"), headers=_ACQUIRE
    ),
    "PUT container?restype=container&comp=lease 409 LeaseNotPresentWithLeaseOperation": asks(
        container, leased("container"), released("container"), headers=_BREAK
    ),
    "PUT container?restype=container&comp=lease 412 ConditionNotMet": asks(
        container, headers=_ACQUIRE | _SINCE_TOMORROW
    ),
    "GET container?restype=container&comp=list 200": asks(
        block_blob, tier("Archive"), tier("Cool")
    ),
    "GET container?restype=container&comp=metadata 200": asks(container),
    "GET container?restype=container&comp=metadata 404 ContainerNotFound": asks(),
    "PUT container?restype=container&comp=metadata 200": asks(
        container, headers=_METADATA | _SINCE_LONG_AGO
    ),
    "PUT container?restype=container&comp=metadata 404 ContainerNotFound": asks(headers=_METADATA),
    "PUT container?restype=container&comp=metadata 412 ConditionNotMet": asks(
        container, headers=_METADATA | _SINCE_TOMORROW
    ),
    # A blob.
    "DELETE blob 202": asks(block_blob, headers=_MATCH),
    "DELETE blob 404 BlobNotFound": asks(container),
    "DELETE blob 412 ConditionNotMet": asks(block_blob, headers=_ANOTHER),
    "DELETE blob 412 LeaseIdMissing": asks(block_blob, leased("blob")),
    "GET blob 200": asks(append_blob),
    "GET blob 206": asks(appended, headers=_WHOLE),
    "GET blob 304 ConditionNotMet": asks(block_blob, headers=_WHOLE | _SINCE_TOMORROW),
    "GET blob 404 BlobNotFound": asks(container, headers=_WHOLE),
    "GET blob 404 ResourceNotFound": asks(block_blob, who=None),
    "GET blob 409 BlobUsesCustomerSpecifiedEncryption": asks(own_key_blob, headers=_WHOLE),
    "GET blob 412 ConditionNotMet": asks(block_blob, headers=_WHOLE | _ANOTHER),
    "GET blob 416 InvalidRange": asks(append_blob, headers=_WHOLE),
    "HEAD blob 200": asks(appended),
    "HEAD blob 304 ConditionNotMet": asks(block_blob, headers=_SINCE_TOMORROW),
    "HEAD blob 400": asks(block_blob, more="snapshot=1"),
    "HEAD blob 404 BlobNotFound": asks(container),
    "HEAD blob 404 ContainerNotFound": asks(),
    "HEAD blob 409 BlobUsesCustomerSpecifiedEncryption": asks(own_key_blob),
    "HEAD blob 412 ConditionNotMet": asks(block_blob, headers=_ANOTHER),
    "PUT blob 201": asks(container, headers={"x-ms-blob-type": "AppendBlob"}),
    "PUT blob 202": asks(
        source, headers={"x-ms-copy-source": _SOURCE, "x-ms-requires-sync": "True"}
    ),
    "PUT blob 400 InvalidHeaderValue": asks(
        container,
        headers={"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "8796093022209"},
    ),
    "PUT blob 404 ContainerNotFound": asks(headers=_BLOCK_BLOB, body=b"hello"),
    "PUT blob 412 ConditionNotMet": asks(block_blob, headers=_BLOCK_BLOB | _ANOTHER, body=b"hello"),
    "PUT blob 412 LeaseLost": asks(
        block_blob,
        leased("blob", "15"),
        broken_lease("blob"),
        headers=_BLOCK_BLOB | _WITH_LEASE,
        body=b"hello",
    ),
    "PUT blob?comp=appendblock 201": asks(append_blob, body=b"abc"),
    "PUT blob?comp=appendblock 304 CannotVerifyCopySource": asks(
        source,
        append_blob,
        headers=_FROM_URL | _NOT_CHANGED,
    ),
    "PUT blob?comp=appendblock 400 Md5Mismatch": asks(
        source, append_blob, headers=_FROM_URL | _WRONG_SOURCE
    ),
    "PUT blob?comp=appendblock 400 OutOfRangeInput": asks(
        append_blob, headers=_ANOTHER, body=b"block 0"
    ),
    "PUT blob?comp=appendblock 412 AppendPositionConditionNotMet": asks(
        appended, headers={"x-ms-blob-condition-appendpos": "0"}, body=b"abc"
    ),
    "PUT blob?comp=appendblock 412 CannotVerifyCopySource": asks(
        source, append_blob, headers=_FROM_URL | _ANOTHER_SOURCE
    ),
    "PUT blob?comp=appendblock 412 ConditionNotMet": asks(
        append_blob, headers={"If-Match": '"0x111111111111111"'}, body=b"abc"
    ),
    "PUT blob?comp=appendblock 412 MaxBlobSizeConditionNotMet": asks(
        appended, headers={"x-ms-blob-condition-maxsize": "27"}, body=b"abc"
    ),
    "PUT blob?comp=appendblock 500 InternalError": asks(body=b"abc", fails_within=True),
    "PUT blob?comp=block 201": asks(container, more="blockid=MQ%3D%3D", body=b"AAA"),
    "PUT blob?comp=block 400 Md5Mismatch": asks(
        source, more="blockid=MQ%3D%3D", headers=_FROM_URL | _WRONG_SOURCE
    ),
    "GET blob?comp=blocklist 200": asks(blocks, committed, more="blocklisttype=committed"),
    "PUT blob?comp=blocklist 201": asks(block_blob, blocks, headers=_MATCH, body=_BLOCK_LIST),
    "PUT blob?comp=blocklist 400 InvalidBlockList": asks(blocks, body=_UNKNOWN_BLOCK),
    "PUT blob?comp=blocklist 409 BlobUsesCustomerSpecifiedEncryption": asks(
        own_key_blob, body=_BLOCK_LIST
    ),
    "PUT blob?comp=blocklist 412 ConditionNotMet": asks(
        block_blob, blocks, headers=_ANOTHER, body=_BLOCK_LIST
    ),
    "PUT blob?comp=copy 409 NoPendingCopyOperation": asks(
        source, copied, more="copyid={copy}", headers={"x-ms-copy-action": "abort"}
    ),
    "PUT blob?comp=lease 200": asks(block_blob, leased("blob"), headers=_RELEASE),
    "PUT blob?comp=lease 201": asks(append_blob, headers=_ACQUIRE),
    "PUT blob?comp=lease 202": asks(block_blob, leased("blob"), headers=_BREAK),
    "PUT blob?comp=lease 409 LeaseAlreadyPresent": asks(
        block_blob, leased("blob"), headers=_ACQUIRE
    ),
    "PUT blob?comp=lease 412 ConditionNotMet": asks(block_blob, headers=_ACQUIRE | _ANOTHER),
    "GET blob?comp=metadata 200": asks(append_blob),
    "GET blob?comp=metadata 304 ConditionNotMet": asks(block_blob, headers=_SINCE_TOMORROW),
    "GET blob?comp=metadata 400 InvalidQueryParameterValue": asks(block_blob, more="snapshot=1"),
    "GET blob?comp=metadata 409 BlobUsesCustomerSpecifiedEncryption": asks(own_key_blob),
    "GET blob?comp=metadata 412 ConditionNotMet": asks(block_blob, headers=_ANOTHER),
    "PUT blob?comp=metadata 200": asks(block_blob, headers=_METADATA | _MATCH),
    "PUT blob?comp=metadata 409 BlobUsesCustomerSpecifiedEncryption": asks(
        own_key_blob, headers=_METADATA
    ),
    "PUT blob?comp=metadata 412 ConditionNotMet": asks(block_blob, headers=_METADATA | _ANOTHER),
    "PUT blob?comp=page 201": asks(page_blob, headers=_FIRST_PAGE, body=_PAGE),
    "PUT blob?comp=page 304 CannotVerifyCopySource": asks(
        source,
        page_blob,
        headers=_FIRST_PAGE | _FROM_URL | _NOT_CHANGED,
    ),
    "PUT blob?comp=page 400 Md5Mismatch": asks(
        source, page_blob, headers=_FIRST_PAGE | _FROM_URL | _WRONG_SOURCE
    ),
    "PUT blob?comp=page 412 CannotVerifyCopySource": asks(
        source,
        page_blob,
        headers=_FIRST_PAGE | _FROM_URL | _ANOTHER_SOURCE,
    ),
    "PUT blob?comp=page 412 ConditionNotMet": asks(
        page_blob, headers=_FIRST_PAGE | _ANOTHER, body=_PAGE
    ),
    "PUT blob?comp=page 412 SequenceNumberConditionNotMet": asks(
        page_blob, headers=_FIRST_PAGE | {"x-ms-if-sequence-number-eq": "11"}, body=_PAGE
    ),
    "GET blob?comp=pagelist 200": asks(pages, headers=_MATCH),
    "GET blob?comp=pagelist 304 ConditionNotMet": asks(pages, headers=_SINCE_TOMORROW),
    "GET blob?comp=pagelist 412 ConditionNotMet": asks(pages, headers=_ANOTHER),
    "PUT blob?comp=properties 200": asks(block_blob, headers=_PROPERTIES | _MATCH),
    "PUT blob?comp=properties 412 ConditionNotMet": asks(
        block_blob, headers=_PROPERTIES | _ANOTHER
    ),
    "PUT blob?comp=snapshot 201": asks(block_blob, headers=_MATCH),
    "PUT blob?comp=snapshot 409 BlobUsesCustomerSpecifiedEncryption": asks(own_key_blob),
    "PUT blob?comp=snapshot 412 ConditionNotMet": asks(block_blob, headers=_ANOTHER),
    "PUT blob?comp=tier 200": asks(block_blob, headers={"x-ms-access-tier": "Archive"}),
    "PUT blob?comp=tier 202": asks(
        block_blob, tier("Archive"), headers={"x-ms-access-tier": "Cool"}
    ),
    "PUT blob?comp=undelete 200": asks(deleted),
    "HEAD blob?restype=account&comp=properties 200": asks(),
}
