"""The operations of Blob Storage, a row each: how a request is recognised, and its requirements.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-blob-service-operations
A request that no row describes is refused.
"""
# ruff: noqa: E501

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from sandbox.storage.actions import (
    ACCOUNT_INFO,
    DELEGATION_KEY,
    DELETE,
    DELETE_CONTAINER,
    FILTER,
    READ,
    READ_ACL,
    READ_CONTAINER,
    READ_SERVICE,
    READ_TAGS,
    RUN_AS_SUPER_USER,
    WRITE,
    WRITE_ACL,
    WRITE_CONTAINER,
    WRITE_OR_ADD,
    WRITE_SERVICE,
    WRITE_TAGS,
    Actions,
)
from sandbox.storage.request import Level

# A level, and the `restype` of its requests.
_Resource = tuple[Level, str]
_When = dict[str, str | None]

# A value of a header in `when`: the header is present with any value, or it is absent.
ANY = "*"
_ABSENT = None
# Stands for every header that begins with it.
METADATA = "x-ms-meta-"


@dataclass(frozen=True)
class Operation:
    """One operation: its request, its actions (one is required), its other parameters and headers.

    A request is recognised by method, level, `restype` and `comp` (its `kind`), then by the headers
    in `when`. `parameters` and `headers` are all that is forwarded besides. If `offered` is false,
    the request is decided on but not carried out. `as_head` asks Azurite for the headers alone. An
    operation that `reads_source` takes its body from another blob, which a token of its own reads.

    A condition on tags requires `condition_on_tags`. If `takes_token` is false, the operation is
    for keys alone. If `condition_first`, a put that finds a blob fails by its own If-None-Match.
    """

    method: str
    level: Level
    kind: Mapping[str, str]
    name: str
    actions: Actions
    when: Mapping[str, str | None]
    parameters: frozenset[str]
    headers: frozenset[str]
    condition_on_tags: Actions
    body: bool = False
    offered: bool = True
    as_head: bool = False
    reads_source: bool = False
    takes_token: bool = True
    condition_first: bool = False


def _row(
    method: str,
    resource: _Resource,
    comp: str,
    name: str,
    actions: Actions,
    *,
    when: _When | None = None,
    query: Iterable[str] = (),
    headers: Iterable[str] = (),
    **more: bool,
) -> Operation:
    level, restype = resource
    return Operation(
        method,
        level,
        {key: value for key, value in (("restype", restype), ("comp", comp)) if value},
        name,
        actions,
        when or {},
        frozenset(query) | {"timeout"},
        frozenset(headers) | {"x-ms-version", "x-ms-client-request-id"},
        READ_TAGS,
        **more,
    )


def _checked(*rows: Operation) -> tuple[Operation, ...]:
    """Return `rows`. Raises ValueError for two that could describe one request."""
    for one, other in combinations(rows, 2):
        alike = (one.method, one.level, one.kind) == (other.method, other.level, other.kind)
        if alike and not _exclude(one.when, other.when):
            raise ValueError(f"{one.name} and {other.name} may describe the same request")
    return rows


def _exclude(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    both = [{one[header], other[header]} for header in one.keys() & other.keys()]
    return any(len(values) == 2 and (ANY not in values or _ABSENT in values) for values in both)


# fmt: off
# Parameters and headers that operations share.
_PAGES       = {"marker", "maxresults"}
_LISTS       = _PAGES | {"prefix", "include"}
_SNAPSHOT    = {"snapshot"}
_METADATA    = {METADATA}
_LEASE       = {"x-ms-lease-id"}
_PROPOSED    = {"x-ms-proposed-lease-id"}
_TIMES       = {"if-modified-since", "if-unmodified-since"}
_IF_TAGS     = {"x-ms-if-tags"}
_CONDITIONS  = _TIMES | _IF_TAGS | {"if-match", "if-none-match"}
_GUARDS      = _CONDITIONS | _LEASE
# Requests about the tags of a blob have names of their own for conditions on the blob.
_ON_THE_BLOB = {f"x-ms-blob-{name}" for name in (*_TIMES, "if-match", "if-none-match")}
_RANGE       = {"range", "x-ms-range"}
_CHECKSUMS   = {"content-md5", "x-ms-content-crc64"}
_CONTENT     = _CHECKSUMS | {"content-type"}
_TIER        = {"x-ms-access-tier"}
_REHYDRATE   = {"x-ms-rehydrate-priority"}
_APPEND_AT   = {"x-ms-blob-condition-appendpos"}
_APPENDS     = _APPEND_AT | {"x-ms-blob-condition-maxsize"}
_NUMBER      = {"x-ms-blob-sequence-number"}
_IF_NUMBER   = {f"x-ms-if-sequence-number-{relation}" for relation in ("eq", "le", "lt")}
_PROPERTIES  = {
    "x-ms-blob-cache-control", "x-ms-blob-content-disposition", "x-ms-blob-content-encoding",
    "x-ms-blob-content-language", "x-ms-blob-content-md5", "x-ms-blob-content-type",
}
_NEW_BLOB    = _GUARDS | _PROPERTIES | _METADATA | {"content-type", "x-ms-tags"}
_SOURCE      = {f"x-ms-source-{name}" for name in (*_TIMES, "if-match", "if-none-match")}
_SOURCE_TAGS = {"x-ms-source-if-tags"}
_COPY_TAGS   = {"x-ms-copy-source-tag-option"}
_COPY_RIGHT  = {"x-ms-copy-source-authorization"}
_NEW_COPY    = _GUARDS | _SOURCE | _TIER | _METADATA | {"x-ms-tags"}
_READ_SOURCE = _SOURCE | _COPY_RIGHT | {
    "x-ms-source-content-crc64", "x-ms-source-content-md5", "x-ms-source-range",
}
_WHOLE_SOURCE = _READ_SOURCE - {"x-ms-source-range"} | {"x-ms-copy-source-blob-properties"}

# Resources: a level, and the `restype` of its requests.
_ACCOUNT   = (Level.SERVICE, "")
_SERVICE   = (Level.SERVICE, "service")
_CONTAINER = (Level.CONTAINER, "container")
_BLOB      = (Level.BLOB, "")

# Headers that tell apart the operations of one method, resource and comp.
_COPY: _When       = {"x-ms-copy-source": ANY}
_NO_COPY: _When    = {"x-ms-copy-source": _ABSENT}
_BLOCKS: _When     = {"x-ms-blob-type": "BlockBlob"}
_APPENDABLE: _When = {"x-ms-blob-type": "AppendBlob"}
_PAGED: _When      = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": ANY}
_AT_ONCE: _When    = {"x-ms-requires-sync": "true", "x-ms-blob-type": _ABSENT}
_LATER: _When      = {"x-ms-requires-sync": _ABSENT, "x-ms-blob-type": _ABSENT}
_UPDATE: _When     = {"x-ms-page-write": "update"}
_CLEAR: _When      = {"x-ms-page-write": "clear"}
_RESIZE: _When     = {"x-ms-blob-content-length": ANY, "x-ms-sequence-number-action": _ABSENT}
_RENUMBER: _When   = {"x-ms-sequence-number-action": ANY, "x-ms-blob-content-length": _ABSENT}
_NEITHER: _When    = {"x-ms-blob-content-length": _ABSENT, "x-ms-sequence-number-action": _ABSENT}
# Without a duration Azurite makes a lease that no listing survives.
_ACQUIRE: _When    = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": ANY}
_RELEASE: _When    = {"x-ms-lease-action": "release", "x-ms-lease-id": ANY}
_RENEW: _When      = {"x-ms-lease-action": "renew", "x-ms-lease-id": ANY}
_CHANGE: _When     = {"x-ms-lease-action": "change", "x-ms-lease-id": ANY, "x-ms-proposed-lease-id": ANY}
_BREAK: _When      = {"x-ms-lease-action": "break"}

OPERATIONS = _checked(
    #    method    resource    comp                    operation                       one of these actions is required; parameters and headers
    _row("GET",    _ACCOUNT,   "list",                 "ListContainers",               READ_CONTAINER, query=_LISTS),
    _row("GET",    _SERVICE,   "properties",           "GetBlobServiceProperties",     READ_SERVICE),
    _row("PUT",    _SERVICE,   "properties",           "SetBlobServiceProperties",     WRITE_SERVICE, body=True),
    _row("GET",    _SERVICE,   "stats",                "GetBlobServiceStats",          READ_SERVICE),
    _row("POST",   _SERVICE,   "userdelegationkey",    "GetUserDelegationKey",         DELEGATION_KEY, body=True),
    _row("GET",    _ACCOUNT,   "blobs",                "FindBlobsByTags",              FILTER, query={"where", *_PAGES}),
    _row("POST",   _ACCOUNT,   "batch",                "BlobBatch",                    WRITE_CONTAINER, body=True),
    *(_row(method, (level, "account"), "properties",   "GetAccountInfo",               ACCOUNT_INFO) for level in Level for method in ("GET", "HEAD")),

    _row("PUT",    _CONTAINER, "",                     "CreateContainer",              WRITE_CONTAINER, headers=_METADATA),
    _row("GET",    _CONTAINER, "",                     "GetContainerProperties",       READ_CONTAINER, headers=_LEASE),
    _row("HEAD",   _CONTAINER, "",                     "GetContainerProperties",       READ_CONTAINER, headers=_LEASE),
    _row("GET",    _CONTAINER, "metadata",             "GetContainerMetadata",         READ_CONTAINER, headers=_LEASE),
    _row("HEAD",   _CONTAINER, "metadata",             "GetContainerMetadata",         READ_CONTAINER, headers=_LEASE),
    _row("PUT",    _CONTAINER, "metadata",             "SetContainerMetadata",         WRITE_CONTAINER, headers=_LEASE | {METADATA, "if-modified-since"}),
    _row("DELETE", _CONTAINER, "",                     "DeleteContainer",              DELETE_CONTAINER, headers=_LEASE | _TIMES),
    _row("PUT",    _CONTAINER, "undelete",             "RestoreContainer",             WRITE_CONTAINER, headers={"x-ms-deleted-container-name", "x-ms-deleted-container-version"}, offered=False),
    _row("GET",    _CONTAINER, "acl",                  "GetContainerACL",              READ_ACL, headers=_LEASE),
    _row("PUT",    _CONTAINER, "acl",                  "SetContainerACL",              WRITE_ACL, headers=_LEASE | _TIMES, body=True),
    _row("PUT",    _CONTAINER, "lease",                "AcquireContainerLease",        WRITE_CONTAINER, when=_ACQUIRE, headers=_TIMES | _PROPOSED),
    _row("PUT",    _CONTAINER, "lease",                "ReleaseContainerLease",        WRITE_CONTAINER, when=_RELEASE, headers=_TIMES),
    _row("PUT",    _CONTAINER, "lease",                "RenewContainerLease",          WRITE_CONTAINER, when=_RENEW, headers=_TIMES),
    _row("PUT",    _CONTAINER, "lease",                "ChangeContainerLease",         WRITE_CONTAINER, when=_CHANGE, headers=_TIMES),
    _row("PUT",    _CONTAINER, "lease",                "BreakContainerLease",          WRITE_CONTAINER, when=_BREAK, headers=_TIMES | {"x-ms-lease-break-period"}),
    _row("GET",    _CONTAINER, "list",                 "ListBlobs",                    READ, query=_LISTS | {"delimiter", "startFrom"}),
    _row("GET",    _CONTAINER, "blobs",                "FindBlobsByTags",              FILTER, query={"where", *_PAGES}),
    _row("POST",   _CONTAINER, "batch",                "BlobBatch",                    WRITE_CONTAINER, body=True),

    _row("GET",    _BLOB,      "",                     "GetBlob",                      READ, query=_SNAPSHOT, headers=_GUARDS | _RANGE | {"x-ms-range-get-content-md5"}),
    _row("HEAD",   _BLOB,      "",                     "GetBlobProperties",            READ, query=_SNAPSHOT, headers=_GUARDS),
    _row("GET",    _BLOB,      "metadata",             "GetBlobMetadata",              READ, query=_SNAPSHOT, headers=_GUARDS, as_head=True),
    _row("HEAD",   _BLOB,      "metadata",             "GetBlobMetadata",              READ, query=_SNAPSHOT, headers=_GUARDS),
    _row("DELETE", _BLOB,      "",                     "DeleteBlob",                   DELETE, query=_SNAPSHOT, headers=_GUARDS | {"x-ms-delete-snapshots"}),
    # There is no soft delete here: a blob that could be undeleted exists already.
    _row("PUT",    _BLOB,      "undelete",             "UndeleteBlob",                 WRITE_CONTAINER, as_head=True),
    _row("PUT",    _BLOB,      "metadata",             "SetBlobMetadata",              WRITE, headers=_GUARDS | _METADATA),
    _row("PUT",    _BLOB,      "tier",                 "SetBlobTier",                  WRITE, when={"x-ms-access-tier": ANY}, query=_SNAPSHOT, headers=_LEASE | _REHYDRATE | _IF_TAGS),
    _row("PUT",    _BLOB,      "expiry",               "SetBlobExpiry",                WRITE, when={"x-ms-expiry-option": ANY}, headers={"x-ms-expiry-time"}, offered=False),
    _row("GET",    _BLOB,      "tags",                 "GetBlobTags",                  READ_TAGS, query=_SNAPSHOT, headers=_LEASE | _ON_THE_BLOB | _IF_TAGS),
    _row("PUT",    _BLOB,      "tags",                 "SetBlobTags",                  WRITE_TAGS, headers=_LEASE | _CONTENT | _ON_THE_BLOB | _IF_TAGS, body=True),
    _row("PUT",    _BLOB,      "lease",                "AcquireBlobLease",             WRITE, when=_ACQUIRE, headers=_CONDITIONS | _PROPOSED),
    _row("PUT",    _BLOB,      "lease",                "ReleaseBlobLease",             WRITE, when=_RELEASE, headers=_CONDITIONS),
    _row("PUT",    _BLOB,      "lease",                "RenewBlobLease",               WRITE, when=_RENEW, headers=_CONDITIONS),
    _row("PUT",    _BLOB,      "lease",                "ChangeBlobLease",              WRITE, when=_CHANGE, headers=_CONDITIONS),
    _row("PUT",    _BLOB,      "lease",                "BreakBlobLease",               WRITE, when=_BREAK, headers=_CONDITIONS | {"x-ms-lease-break-period"}),
    _row("PUT",    _BLOB,      "snapshot",             "SnapshotBlob",                 WRITE_OR_ADD, headers=_GUARDS | _METADATA),
    _row("PUT",    _BLOB,      "copy",                 "AbortCopyBlob",                WRITE, when={"x-ms-copy-action": "abort"}, query={"copyid"}, headers=_LEASE),
    _row("POST",   _BLOB,      "query",                "QueryBlobContents",            READ, query=_SNAPSHOT, headers=_GUARDS | {"content-type"}, body=True, offered=False),
    _row("PUT",    _BLOB,      "immutabilityPolicies", "SetBlobImmutabilityPolicy",    RUN_AS_SUPER_USER, offered=False),
    _row("DELETE", _BLOB,      "immutabilityPolicies", "DeleteBlobImmutabilityPolicy", RUN_AS_SUPER_USER, offered=False),
    _row("PUT",    _BLOB,      "legalhold",            "SetBlobLegalHold",             RUN_AS_SUPER_USER, offered=False),

    _row("PUT",    _BLOB,      "",                     "PutBlob",                      WRITE_OR_ADD, when=_BLOCKS | _NO_COPY, headers=_NEW_BLOB | _CHECKSUMS | _TIER, body=True),
    _row("PUT",    _BLOB,      "block",                "PutBlock",                     WRITE, when=_NO_COPY, query={"blockid"}, headers=_LEASE | _CONTENT, body=True),
    _row("PUT",    _BLOB,      "blocklist",            "PutBlockList",                 WRITE, headers=_NEW_BLOB | _CHECKSUMS | _TIER, body=True),
    _row("GET",    _BLOB,      "blocklist",            "GetBlockList",                 READ, query=_SNAPSHOT | {"blocklisttype"}, headers=_LEASE | _IF_TAGS),

    _row("PUT",    _BLOB,      "",                     "PutBlob",                      WRITE_OR_ADD, when=_APPENDABLE | _NO_COPY, headers=_NEW_BLOB),
    _row("PUT",    _BLOB,      "appendblock",          "AppendBlock",                  WRITE_OR_ADD, when=_NO_COPY, headers=_GUARDS | _CONTENT | _APPENDS, body=True),
    _row("PUT",    _BLOB,      "seal",                 "AppendBlobSeal",               WRITE, headers=_GUARDS - _IF_TAGS | _APPEND_AT),

    _row("PUT",    _BLOB,      "",                     "PutBlob",                      WRITE_OR_ADD, when=_PAGED | _NO_COPY, headers=_NEW_BLOB | _TIER | _NUMBER),
    _row("PUT",    _BLOB,      "page",                 "PutPage",                      WRITE, when=_UPDATE | _NO_COPY, headers=_GUARDS | _RANGE | _CONTENT | _IF_NUMBER, body=True),
    _row("PUT",    _BLOB,      "page",                 "ClearPage",                    WRITE, when=_CLEAR | _NO_COPY, headers=_GUARDS | _RANGE | _IF_NUMBER),
    _row("GET",    _BLOB,      "pagelist",             "GetPageRanges",                READ, query=_SNAPSHOT | _PAGES, headers=_GUARDS | _RANGE),
    _row("PUT",    _BLOB,      "properties",           "SetBlobProperties",            WRITE, when=_RESIZE, headers=_GUARDS),
    _row("PUT",    _BLOB,      "properties",           "SetBlobProperties",            WRITE, when=_RENUMBER, headers=_GUARDS | _NUMBER),
    _row("PUT",    _BLOB,      "properties",           "SetBlobProperties",            WRITE, when=_NEITHER, headers=_GUARDS | _PROPERTIES),

    # Behind the puts: the error of a put that lacks a header names what a put lacks, not a copy.
    _row("PUT",    _BLOB,      "",                     "PutBlobFromURL",               WRITE_OR_ADD, when=_COPY | _BLOCKS, headers=_NEW_BLOB | _TIER | _WHOLE_SOURCE | _SOURCE_TAGS, reads_source=True),
    _row("PUT",    _BLOB,      "",                     "CopyBlobFromURL",              WRITE_OR_ADD, when=_COPY | _AT_ONCE, headers=_NEW_COPY | _COPY_TAGS | _COPY_RIGHT),
    _row("PUT",    _BLOB,      "",                     "CopyBlob",                     WRITE_OR_ADD, when=_COPY | _LATER, headers=_NEW_COPY | _SOURCE_TAGS | _REHYDRATE | {"x-ms-seal-blob"}),
    _row("PUT",    _BLOB,      "incrementalcopy",      "IncrementalCopyBlob",          WRITE_OR_ADD, when=_COPY, headers=_CONDITIONS, offered=False),
    _row("PUT",    _BLOB,      "block",                "PutBlockFromURL",              WRITE, when=_COPY, query={"blockid"}, headers=_LEASE | _READ_SOURCE, reads_source=True),
    _row("PUT",    _BLOB,      "appendblock",          "AppendBlockFromURL",           WRITE_OR_ADD, when=_COPY, headers=_GUARDS | _APPENDS | _READ_SOURCE, reads_source=True),
    _row("PUT",    _BLOB,      "page",                 "PutPageFromURL",               WRITE, when=_COPY | _UPDATE, headers=_GUARDS | _RANGE | _IF_NUMBER | _READ_SOURCE, reads_source=True),
)
# fmt: on

# Operations that create a blob, which is all that the right to add is good for.
MAKES_A_BLOB = frozenset(
    {"PutBlob", "PutBlobFromURL", "CopyBlob", "CopyBlobFromURL", "IncrementalCopyBlob"}
)
