"""Every operation of Blob Storage that exists here: how it is recognised, and what it needs.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-blob-service-operations
The names are Azure's, beside them Azurite's. What no row describes is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from sandbox.rbac import Action
from sandbox.storage.target import Level

_SERVICES = "Microsoft.Storage/storageAccounts/blobServices"
_CONTAINERS = f"{_SERVICES}/containers"
_BLOBS = f"{_CONTAINERS}/blobs"

Actions = tuple[Action, ...]


def _data(*names: str) -> Actions:
    return tuple(Action(f"{_BLOBS}/{name}") for name in names)


def _control(name: str) -> Actions:
    return (Action(name, data=False),)


READ = _data("read")
ADD = _data("add/action")
WRITE = _data("write")
WRITE_OR_ADD = WRITE + ADD
DELETE = _data("delete")
READ_TAGS = _data("tags/read")
WRITE_TAGS = _data("tags/write")
FILTER = _data("filter/action")
RUN_AS_SUPER_USER = _data("immutableStorage/runAsSuperUser/action")
READ_SERVICE = _control(f"{_SERVICES}/read")
WRITE_SERVICE = _control(f"{_SERVICES}/write")
ACCOUNT_INFO = _control(f"{_SERVICES}/getInfo/action")
DELEGATION_KEY = _control(f"{_SERVICES}/generateUserDelegationKey/action")
READ_CONTAINER = _control(f"{_CONTAINERS}/read")
WRITE_CONTAINER = _control(f"{_CONTAINERS}/write")
DELETE_CONTAINER = _control(f"{_CONTAINERS}/delete")
READ_ACL = _control(f"{_CONTAINERS}/getAcl/action")
WRITE_ACL = _control(f"{_CONTAINERS}/setAcl/action")

# Values of a header in `when`: it must be there with any value, or must not be there.
ANY = "*"
ABSENT = None
# Stands for every header that begins with it.
METADATA = "x-ms-meta-"

_PAGING = {"prefix", "marker", "maxresults", "include", "timeout"}
_ACCOUNT_QUERY = "restype=account&comp=properties"

_LEASE = {"x-ms-lease-id"}
_TIMES = {"if-modified-since", "if-unmodified-since"}
_CONDITIONS = _TIMES | {"if-match", "if-none-match", "x-ms-if-tags"}
# Where a request is about the tags of a blob, conditions on the blob have names of their own.
_ON_THE_BLOB = {
    f"x-ms-blob-{each}"
    for each in ("if-match", "if-modified-since", "if-none-match", "if-unmodified-since")
}
_RANGE = {"range", "x-ms-range"}
_PROPERTIES = {
    "x-ms-blob-cache-control",
    "x-ms-blob-content-disposition",
    "x-ms-blob-content-encoding",
    "x-ms-blob-content-language",
    "x-ms-blob-content-md5",
    "x-ms-blob-content-type",
}
_CHECKSUMS = {"content-md5", "x-ms-content-crc64"}
_SEQUENCE = {
    "x-ms-if-sequence-number-eq",
    "x-ms-if-sequence-number-le",
    "x-ms-if-sequence-number-lt",
}
_NEW_BLOB = _CONDITIONS | _LEASE | _PROPERTIES | {METADATA, "content-type", "x-ms-tags"}
_SOURCE = {
    "x-ms-copy-source-tag-option",
    "x-ms-source-if-match",
    "x-ms-source-if-modified-since",
    "x-ms-source-if-none-match",
    "x-ms-source-if-tags",
    "x-ms-source-if-unmodified-since",
}
_COPY = _CONDITIONS | _LEASE | _SOURCE | {METADATA, "x-ms-access-tier", "x-ms-tags"}
_READ_SOURCE = {
    "x-ms-copy-source-authorization",
    "x-ms-source-content-crc64",
    "x-ms-source-content-md5",
    "x-ms-source-if-match",
    "x-ms-source-if-modified-since",
    "x-ms-source-if-none-match",
    "x-ms-source-if-unmodified-since",
    "x-ms-source-range",
}
_APPENDS = {"x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize"}


@dataclass(frozen=True)
class Operation:
    """One operation: its request, the actions of which one is needed, and what else it may carry.

    A request is recognised by method, level, `restype` and `comp`, then by the headers in `when`.
    `parameters` and `headers` are all that is forwarded besides. `offered` is false for what is
    decided but not carried out; `as_head` asks Azurite for the headers alone. One that
    `reads_source` gets its body from another blob, which is read by a token of its own.
    """

    name: str
    azurite: str
    method: str
    level: Level
    kind: Mapping[str, str]
    needs: Actions
    when: Mapping[str, str | None] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    body: bool = False
    offered: bool = True
    as_head: bool = False
    reads_source: bool = False


def _row(
    name: str,
    request: str,
    needs: Actions,
    azurite: str,
    *,
    when: Mapping[str, str | None] | None = None,
    parameters: set[str] | None = None,
    headers: set[str] | None = None,
    body: bool = False,
    offered: bool = True,
    as_head: bool = False,
    reads_source: bool = False,
) -> Operation:
    method, _, target = request.partition(" ")
    path, _, query = target.partition("?")
    level = {"/": Level.SERVICE, "/container": Level.CONTAINER, "/container/blob": Level.BLOB}[path]
    return Operation(
        name=name,
        azurite=azurite,
        method=method,
        level=level,
        kind=dict(parse_qsl(query)),
        needs=needs,
        when=when or {},
        parameters=frozenset((parameters or set()) | {"timeout"}),
        headers=frozenset((headers or set()) | {"x-ms-version", "x-ms-client-request-id"}),
        body=body,
        offered=offered,
        as_head=as_head,
        reads_source=reads_source,
    )


def _leases(level: str, query: str, needs: Actions, headers: set[str]) -> Iterator[Operation]:
    request, prefix = f"PUT {level}?{query}", level.rsplit("/", 1)[-1].capitalize()
    details: dict[str, tuple[set[str], set[str]]] = {
        # Without a duration Azurite makes a lease that no listing survives.
        "acquire": ({"x-ms-lease-duration"}, {"x-ms-proposed-lease-id"}),
        "release": ({"x-ms-lease-id"}, set()),
        "renew": ({"x-ms-lease-id"}, set()),
        "change": ({"x-ms-lease-id", "x-ms-proposed-lease-id"}, set()),
        "break": (set(), {"x-ms-lease-break-period"}),
    }
    for action, (mandatory, optional) in details.items():
        yield _row(
            f"{action.capitalize()}{prefix}Lease",
            request,
            needs,
            f"{prefix}_{action.capitalize()}Lease",
            when={"x-ms-lease-action": action} | dict.fromkeys(mandatory, ANY),
            headers=optional | headers,
        )


def _information(path: str, prefix: str) -> Iterator[Operation]:
    for method, suffix in {"GET": "", "HEAD": "WithHead"}.items():
        request = f"{method} {path}?{_ACCOUNT_QUERY}"
        yield _row("GetAccountInfo", request, ACCOUNT_INFO, f"{prefix}_GetAccountInfo{suffix}")


_SERVICE = (
    _row(
        "ListContainers",
        "GET /?comp=list",
        READ_CONTAINER,
        "Service_ListContainersSegment",
        parameters=_PAGING,
    ),
    _row(
        "GetBlobServiceProperties",
        "GET /?restype=service&comp=properties",
        READ_SERVICE,
        "Service_GetProperties",
    ),
    _row(
        "SetBlobServiceProperties",
        "PUT /?restype=service&comp=properties",
        WRITE_SERVICE,
        "Service_SetProperties",
        body=True,
    ),
    _row(
        "GetBlobServiceStats",
        "GET /?restype=service&comp=stats",
        READ_SERVICE,
        "Service_GetStatistics",
    ),
    _row(
        "GetUserDelegationKey",
        "POST /?restype=service&comp=userdelegationkey",
        DELEGATION_KEY,
        "Service_GetUserDelegationKey",
        body=True,
        offered=False,
    ),
    _row(
        "FindBlobsByTags",
        "GET /?comp=blobs",
        FILTER,
        "Service_FilterBlobs",
        parameters={"where", "marker", "maxresults"},
    ),
    _row("BlobBatch", "POST /?comp=batch", WRITE_CONTAINER, "Service_SubmitBatch", body=True),
    *_information("/", "Service"),
)

_CONTAINER = (
    _row(
        "CreateContainer",
        "PUT /container?restype=container",
        WRITE_CONTAINER,
        "Container_Create",
        headers={METADATA},
    ),
    _row(
        "GetContainerProperties",
        "GET /container?restype=container",
        READ_CONTAINER,
        "Container_GetProperties",
        headers=_LEASE,
    ),
    _row(
        "GetContainerProperties",
        "HEAD /container?restype=container",
        READ_CONTAINER,
        "Container_GetPropertiesWithHead",
        headers=_LEASE,
    ),
    _row(
        "GetContainerMetadata",
        "GET /container?restype=container&comp=metadata",
        READ_CONTAINER,
        "Container_GetProperties",
        headers=_LEASE,
    ),
    _row(
        "GetContainerMetadata",
        "HEAD /container?restype=container&comp=metadata",
        READ_CONTAINER,
        "Container_GetPropertiesWithHead",
        headers=_LEASE,
    ),
    _row(
        "SetContainerMetadata",
        "PUT /container?restype=container&comp=metadata",
        WRITE_CONTAINER,
        "Container_SetMetadata",
        headers=_LEASE | {METADATA, "if-modified-since"},
    ),
    _row(
        "DeleteContainer",
        "DELETE /container?restype=container",
        DELETE_CONTAINER,
        "Container_Delete",
        headers=_LEASE | _TIMES,
    ),
    _row(
        "RestoreContainer",
        "PUT /container?restype=container&comp=undelete",
        WRITE_CONTAINER,
        "Container_Restore",
        headers={"x-ms-deleted-container-name", "x-ms-deleted-container-version"},
        offered=False,
    ),
    _row(
        "GetContainerACL",
        "GET /container?restype=container&comp=acl",
        READ_ACL,
        "Container_GetAccessPolicy",
        headers=_LEASE,
    ),
    _row(
        "SetContainerACL",
        "PUT /container?restype=container&comp=acl",
        WRITE_ACL,
        "Container_SetAccessPolicy",
        headers=_LEASE | _TIMES,
        body=True,
    ),
    *_leases("/container", "restype=container&comp=lease", WRITE_CONTAINER, _TIMES),
    _row(
        "ListBlobs",
        "GET /container?restype=container&comp=list",
        READ,
        "Container_ListBlobFlatSegment or Container_ListBlobHierarchySegment",
        parameters=_PAGING | {"delimiter", "startFrom"},
    ),
    _row(
        "FindBlobsByTags",
        "GET /container?restype=container&comp=blobs",
        FILTER,
        "Container_FilterBlobs",
        parameters={"where", "marker", "maxresults"},
    ),
    _row(
        "BlobBatch",
        "POST /container?restype=container&comp=batch",
        WRITE_CONTAINER,
        "Container_SubmitBatch",
        body=True,
    ),
    *_information("/container", "Container"),
)

_ANY_BLOB = (
    _row(
        "GetBlob",
        "GET /container/blob",
        READ,
        "Blob_Download",
        parameters={"snapshot"},
        headers=_CONDITIONS | _LEASE | _RANGE | {"x-ms-range-get-content-md5"},
    ),
    _row(
        "GetBlobProperties",
        "HEAD /container/blob",
        READ,
        "Blob_GetProperties",
        parameters={"snapshot"},
        headers=_CONDITIONS | _LEASE,
    ),
    _row(
        "GetBlobMetadata",
        "GET /container/blob?comp=metadata",
        READ,
        "Blob_GetProperties",
        parameters={"snapshot"},
        headers=_CONDITIONS | _LEASE,
        as_head=True,
    ),
    _row(
        "GetBlobMetadata",
        "HEAD /container/blob?comp=metadata",
        READ,
        "Blob_GetProperties",
        parameters={"snapshot"},
        headers=_CONDITIONS | _LEASE,
    ),
    _row(
        "DeleteBlob",
        "DELETE /container/blob",
        DELETE,
        "Blob_Delete",
        parameters={"snapshot"},
        headers=_CONDITIONS | _LEASE | {"x-ms-delete-snapshots"},
    ),
    # Nothing is deleted softly here, so that all there is to undelete is there already.
    _row(
        "UndeleteBlob",
        "PUT /container/blob?comp=undelete",
        WRITE_CONTAINER,
        "Blob_Undelete",
        as_head=True,
    ),
    _row(
        "SetBlobMetadata",
        "PUT /container/blob?comp=metadata",
        WRITE,
        "Blob_SetMetadata",
        headers=_CONDITIONS | _LEASE | {METADATA},
    ),
    _row(
        "SetBlobTier",
        "PUT /container/blob?comp=tier",
        WRITE,
        "Blob_SetTier",
        when={"x-ms-access-tier": ANY},
        parameters={"snapshot"},
        headers=_LEASE | {"x-ms-rehydrate-priority", "x-ms-if-tags"},
    ),
    _row(
        "SetBlobExpiry",
        "PUT /container/blob?comp=expiry",
        WRITE,
        "Blob_SetExpiry",
        when={"x-ms-expiry-option": ANY},
        headers={"x-ms-expiry-time"},
        offered=False,
    ),
    _row(
        "GetBlobTags",
        "GET /container/blob?comp=tags",
        READ_TAGS,
        "Blob_GetTags",
        parameters={"snapshot"},
        headers=_LEASE | _ON_THE_BLOB | {"x-ms-if-tags"},
    ),
    _row(
        "SetBlobTags",
        "PUT /container/blob?comp=tags",
        WRITE_TAGS,
        "Blob_SetTags",
        headers=_LEASE | _CHECKSUMS | _ON_THE_BLOB | {"content-type", "x-ms-if-tags"},
        body=True,
    ),
    *_leases("/container/blob", "comp=lease", WRITE, _CONDITIONS),
    _row(
        "SnapshotBlob",
        "PUT /container/blob?comp=snapshot",
        WRITE_OR_ADD,
        "Blob_CreateSnapshot",
        headers=_CONDITIONS | _LEASE | {METADATA},
    ),
    _row(
        "AbortCopyBlob",
        "PUT /container/blob?comp=copy",
        WRITE,
        "Blob_AbortCopyFromURL",
        when={"x-ms-copy-action": "abort"},
        parameters={"copyid"},
        headers=_LEASE,
    ),
    _row(
        "QueryBlobContents",
        "POST /container/blob?comp=query",
        READ,
        "Blob_Query",
        parameters={"snapshot"},
        headers=_CONDITIONS | _LEASE | {"content-type"},
        body=True,
        offered=False,
    ),
    _row(
        "SetBlobImmutabilityPolicy",
        "PUT /container/blob?comp=immutabilityPolicies",
        RUN_AS_SUPER_USER,
        "Blob_SetImmutabilityPolicy",
        offered=False,
    ),
    _row(
        "DeleteBlobImmutabilityPolicy",
        "DELETE /container/blob?comp=immutabilityPolicies",
        RUN_AS_SUPER_USER,
        "Blob_DeleteImmutabilityPolicy",
        offered=False,
    ),
    _row(
        "SetBlobLegalHold",
        "PUT /container/blob?comp=legalhold",
        RUN_AS_SUPER_USER,
        "Blob_SetLegalHold",
        offered=False,
    ),
    *_information("/container/blob", "Blob"),
)

_COPYING = (
    _row(
        "PutBlobFromURL",
        "PUT /container/blob",
        WRITE_OR_ADD,
        "BlockBlob_PutBlobFromUrl",
        when={"x-ms-copy-source": ANY, "x-ms-blob-type": "BlockBlob"},
        headers=_NEW_BLOB | _SOURCE,
        offered=False,
    ),
    _row(
        "CopyBlobFromURL",
        "PUT /container/blob",
        WRITE_OR_ADD,
        "Blob_CopyFromURL",
        when={"x-ms-copy-source": ANY, "x-ms-requires-sync": "true", "x-ms-blob-type": ABSENT},
        headers=_COPY - {"x-ms-source-if-tags"},
    ),
    _row(
        "CopyBlob",
        "PUT /container/blob",
        WRITE_OR_ADD,
        "Blob_StartCopyFromURL",
        when={"x-ms-copy-source": ANY, "x-ms-requires-sync": ABSENT, "x-ms-blob-type": ABSENT},
        headers=(_COPY - {"x-ms-copy-source-tag-option"})
        | {"x-ms-rehydrate-priority", "x-ms-seal-blob"},
    ),
    _row(
        "IncrementalCopyBlob",
        "PUT /container/blob?comp=incrementalcopy",
        WRITE_OR_ADD,
        "PageBlob_CopyIncremental",
        when={"x-ms-copy-source": ANY},
        headers=_CONDITIONS,
        offered=False,
    ),
    _row(
        "PutBlockFromURL",
        "PUT /container/blob?comp=block",
        WRITE,
        "BlockBlob_StageBlockFromURL",
        when={"x-ms-copy-source": ANY},
        parameters={"blockid"},
        headers=_LEASE | _READ_SOURCE,
        reads_source=True,
    ),
    _row(
        "AppendBlockFromURL",
        "PUT /container/blob?comp=appendblock",
        WRITE_OR_ADD,
        "AppendBlob_AppendBlockFromUrl",
        when={"x-ms-copy-source": ANY},
        headers=_CONDITIONS | _LEASE | _APPENDS | _READ_SOURCE,
        reads_source=True,
    ),
    _row(
        "PutPageFromURL",
        "PUT /container/blob?comp=page",
        WRITE,
        "PageBlob_UploadPagesFromURL",
        when={"x-ms-copy-source": ANY, "x-ms-page-write": "update"},
        headers=_CONDITIONS | _LEASE | _RANGE | _SEQUENCE | _READ_SOURCE,
        reads_source=True,
    ),
)

_BLOCK_BLOB = (
    _row(
        "PutBlob",
        "PUT /container/blob",
        WRITE_OR_ADD,
        "BlockBlob_Upload",
        when={"x-ms-blob-type": "BlockBlob", "x-ms-copy-source": ABSENT},
        headers=_NEW_BLOB | _CHECKSUMS | {"x-ms-access-tier"},
        body=True,
    ),
    _row(
        "PutBlock",
        "PUT /container/blob?comp=block",
        WRITE,
        "BlockBlob_StageBlock",
        when={"x-ms-copy-source": ABSENT},
        parameters={"blockid"},
        headers=_LEASE | _CHECKSUMS | {"content-type"},
        body=True,
    ),
    _row(
        "PutBlockList",
        "PUT /container/blob?comp=blocklist",
        WRITE,
        "BlockBlob_CommitBlockList",
        headers=_NEW_BLOB | _CHECKSUMS | {"x-ms-access-tier"},
        body=True,
    ),
    _row(
        "GetBlockList",
        "GET /container/blob?comp=blocklist",
        READ,
        "BlockBlob_GetBlockList",
        parameters={"snapshot", "blocklisttype"},
        headers=_LEASE | {"x-ms-if-tags"},
    ),
)

_APPEND_BLOB = (
    _row(
        "PutBlob",
        "PUT /container/blob",
        WRITE_OR_ADD,
        "AppendBlob_Create",
        when={"x-ms-blob-type": "AppendBlob", "x-ms-copy-source": ABSENT},
        headers=_NEW_BLOB,
    ),
    _row(
        "AppendBlock",
        "PUT /container/blob?comp=appendblock",
        WRITE_OR_ADD,
        "AppendBlob_AppendBlock",
        when={"x-ms-copy-source": ABSENT},
        headers=_CONDITIONS | _LEASE | _CHECKSUMS | _APPENDS | {"content-type"},
        body=True,
    ),
    _row(
        "AppendBlobSeal",
        "PUT /container/blob?comp=seal",
        WRITE,
        "AppendBlob_Seal",
        headers=(_CONDITIONS - {"x-ms-if-tags"}) | _LEASE | {"x-ms-blob-condition-appendpos"},
    ),
)

_PAGE_BLOB = (
    _row(
        "PutBlob",
        "PUT /container/blob",
        WRITE_OR_ADD,
        "PageBlob_Create",
        when={
            "x-ms-blob-type": "PageBlob",
            "x-ms-blob-content-length": ANY,
            "x-ms-copy-source": ABSENT,
        },
        headers=_NEW_BLOB | {"x-ms-access-tier", "x-ms-blob-sequence-number"},
    ),
    _row(
        "PutPage",
        "PUT /container/blob?comp=page",
        WRITE,
        "PageBlob_UploadPages",
        when={"x-ms-page-write": "update", "x-ms-copy-source": ABSENT},
        headers=_CONDITIONS | _LEASE | _RANGE | _CHECKSUMS | _SEQUENCE | {"content-type"},
        body=True,
    ),
    _row(
        "ClearPage",
        "PUT /container/blob?comp=page",
        WRITE,
        "PageBlob_ClearPages",
        when={"x-ms-page-write": "clear", "x-ms-copy-source": ABSENT},
        headers=_CONDITIONS | _LEASE | _RANGE | _SEQUENCE,
    ),
    _row(
        "GetPageRanges",
        "GET /container/blob?comp=pagelist",
        READ,
        "PageBlob_GetPageRanges",
        parameters={"snapshot", "marker", "maxresults"},
        headers=_CONDITIONS | _LEASE | _RANGE,
    ),
    _row(
        "SetBlobProperties",
        "PUT /container/blob?comp=properties",
        WRITE,
        "PageBlob_Resize",
        when={"x-ms-blob-content-length": ANY, "x-ms-sequence-number-action": ABSENT},
        headers=_CONDITIONS | _LEASE,
    ),
    _row(
        "SetBlobProperties",
        "PUT /container/blob?comp=properties",
        WRITE,
        "PageBlob_UpdateSequenceNumber",
        when={"x-ms-sequence-number-action": ANY, "x-ms-blob-content-length": ABSENT},
        headers=_CONDITIONS | _LEASE | {"x-ms-blob-sequence-number"},
    ),
    _row(
        "SetBlobProperties",
        "PUT /container/blob?comp=properties",
        WRITE,
        "Blob_SetHTTPHeaders",
        when={"x-ms-blob-content-length": ABSENT, "x-ms-sequence-number-action": ABSENT},
        headers=_CONDITIONS | _LEASE | _PROPERTIES,
    ),
)

# They make a blob where there was none, which is all that the right to add is good for.
MAKES_A_BLOB = frozenset(
    {"PutBlob", "PutBlobFromURL"} | {"CopyBlob", "CopyBlobFromURL", "IncrementalCopyBlob"}
)

OPERATIONS = (
    *_SERVICE,
    *_CONTAINER,
    *_ANY_BLOB,
    *_BLOCK_BLOB,
    *_APPEND_BLOB,
    *_PAGE_BLOB,
    # Behind the others: a put that says too little is told what a put lacks, and not a copy.
    *_COPYING,
)
