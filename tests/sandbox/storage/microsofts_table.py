"""Which right each operation takes, written down by hand from Microsoft's pages.

Not from our own table: it is there to disagree.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-blob-service-operations
Each line: the request, its name in Azurite, the actions of which one is enough, and the headers
that tell it from others of its kind (`!` before those that it lacks). S stands for blobServices, C
for its containers, B for their blobs; `c` is a container, `b` a blob.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

_LINES = """
GET  / comp=list                                | Service_ListContainersSegment     | C/read
GET  / restype=service&comp=properties          | Service_GetProperties             | S/read
PUT  / restype=service&comp=properties          | Service_SetProperties             | S/write
GET  / restype=service&comp=stats               | Service_GetStatistics             | S/read
POST / restype=service&comp=userdelegationkey   | Service_GetUserDelegationKey      | S/generateUserDelegationKey/action
GET  / comp=blobs                               | Service_FilterBlobs               | B/filter/action
POST / comp=batch                               | Service_SubmitBatch               | C/write
GET  / restype=account&comp=properties          | Service_GetAccountInfo            | S/getInfo/action
HEAD / restype=account&comp=properties          | Service_GetAccountInfoWithHead    | S/getInfo/action
PUT  /c restype=container                       | Container_Create                  | C/write
GET  /c restype=container                       | Container_GetProperties           | C/read
HEAD /c restype=container                       | Container_GetPropertiesWithHead   | C/read
GET  /c restype=container&comp=metadata         | Container_GetProperties           | C/read
HEAD /c restype=container&comp=metadata         | Container_GetPropertiesWithHead   | C/read
PUT  /c restype=container&comp=metadata         | Container_SetMetadata             | C/write
DELETE /c restype=container                     | Container_Delete                  | C/delete
PUT  /c restype=container&comp=undelete         | Container_Restore                 | C/write
GET  /c restype=container&comp=acl              | Container_GetAccessPolicy         | C/getAcl/action
PUT  /c restype=container&comp=acl              | Container_SetAccessPolicy         | C/setAcl/action
PUT  /c restype=container&comp=lease            | Container_AcquireLease            | C/write | x-ms-lease-action=acquire
PUT  /c restype=container&comp=lease            | Container_ReleaseLease            | C/write | x-ms-lease-action=release
PUT  /c restype=container&comp=lease            | Container_RenewLease              | C/write | x-ms-lease-action=renew
PUT  /c restype=container&comp=lease            | Container_BreakLease              | C/write | x-ms-lease-action=break
PUT  /c restype=container&comp=lease            | Container_ChangeLease             | C/write | x-ms-lease-action=change
GET  /c restype=container&comp=list             | Container_ListBlobFlatSegment     | B/read
GET  /c restype=container&comp=list             | Container_ListBlobHierarchySegment | B/read
GET  /c restype=container&comp=blobs            | Container_FilterBlobs             | B/filter/action
POST /c restype=container&comp=batch            | Container_SubmitBatch             | C/write
GET  /c restype=account&comp=properties         | Container_GetAccountInfo          | S/getInfo/action
HEAD /c restype=account&comp=properties         | Container_GetAccountInfoWithHead  | S/getInfo/action
GET  /c/b                                       | Blob_Download                     | B/read
HEAD /c/b                                       | Blob_GetProperties                | B/read
GET  /c/b comp=metadata                         | Blob_GetProperties                | B/read
HEAD /c/b comp=metadata                         | Blob_GetProperties                | B/read
DELETE /c/b                                     | Blob_Delete                       | B/delete
PUT  /c/b comp=undelete                         | Blob_Undelete                     | C/write
PUT  /c/b comp=metadata                         | Blob_SetMetadata                  | B/write
PUT  /c/b comp=properties                       | Blob_SetHTTPHeaders               | B/write | !x-ms-blob-content-length !x-ms-sequence-number-action
PUT  /c/b comp=properties                       | PageBlob_Resize                   | B/write | x-ms-blob-content-length
PUT  /c/b comp=properties                       | PageBlob_UpdateSequenceNumber     | B/write | x-ms-sequence-number-action
PUT  /c/b comp=expiry                           | Blob_SetExpiry                    | B/write
PUT  /c/b comp=tier                             | Blob_SetTier                      | B/write
PUT  /c/b comp=lease                            | Blob_AcquireLease                 | B/write | x-ms-lease-action=acquire
PUT  /c/b comp=lease                            | Blob_ReleaseLease                 | B/write | x-ms-lease-action=release
PUT  /c/b comp=lease                            | Blob_RenewLease                   | B/write | x-ms-lease-action=renew
PUT  /c/b comp=lease                            | Blob_ChangeLease                  | B/write | x-ms-lease-action=change
PUT  /c/b comp=lease                            | Blob_BreakLease                   | B/write | x-ms-lease-action=break
PUT  /c/b comp=snapshot                         | Blob_CreateSnapshot               | B/write B/add/action
PUT  /c/b                                       | Blob_StartCopyFromURL             | B/write B/add/action | x-ms-copy-source !x-ms-requires-sync !x-ms-blob-type
PUT  /c/b                                       | Blob_CopyFromURL                  | B/write B/add/action | x-ms-copy-source x-ms-requires-sync=true
PUT  /c/b comp=copy                             | Blob_AbortCopyFromURL             | B/write
GET  /c/b comp=tags                             | Blob_GetTags                      | B/tags/read
PUT  /c/b comp=tags                             | Blob_SetTags                      | B/tags/write
PUT  /c/b comp=immutabilityPolicies             | Blob_SetImmutabilityPolicy        | B/immutableStorage/runAsSuperUser/action
DELETE /c/b comp=immutabilityPolicies           | Blob_DeleteImmutabilityPolicy     | B/immutableStorage/runAsSuperUser/action
PUT  /c/b comp=legalhold                        | Blob_SetLegalHold                 | B/immutableStorage/runAsSuperUser/action
POST /c/b comp=query                            | Blob_Query                        | B/read
GET  /c/b restype=account&comp=properties       | Blob_GetAccountInfo               | S/getInfo/action
HEAD /c/b restype=account&comp=properties       | Blob_GetAccountInfoWithHead       | S/getInfo/action
PUT  /c/b                                       | BlockBlob_Upload                  | B/write B/add/action | x-ms-blob-type=BlockBlob !x-ms-copy-source
PUT  /c/b                                       | AppendBlob_Create                 | B/write B/add/action | x-ms-blob-type=AppendBlob !x-ms-copy-source
PUT  /c/b                                       | PageBlob_Create                   | B/write B/add/action | x-ms-blob-type=PageBlob !x-ms-copy-source
PUT  /c/b                                       | BlockBlob_PutBlobFromUrl          | B/write B/add/action | x-ms-copy-source x-ms-blob-type=BlockBlob
PUT  /c/b comp=block                            | BlockBlob_StageBlock              | B/write | !x-ms-copy-source
PUT  /c/b comp=block                            | BlockBlob_StageBlockFromURL       | B/write | x-ms-copy-source
PUT  /c/b comp=blocklist                        | BlockBlob_CommitBlockList         | B/write
GET  /c/b comp=blocklist                        | BlockBlob_GetBlockList            | B/read
GET  /c/b comp=pagelist                         | PageBlob_GetPageRanges            | B/read
PUT  /c/b comp=page                             | PageBlob_UploadPages              | B/write | x-ms-page-write=update !x-ms-copy-source
PUT  /c/b comp=page                             | PageBlob_ClearPages               | B/write | x-ms-page-write=clear
PUT  /c/b comp=page                             | PageBlob_UploadPagesFromURL       | B/write | x-ms-page-write=update x-ms-copy-source
PUT  /c/b comp=incrementalcopy                  | PageBlob_CopyIncremental          | B/write B/add/action
PUT  /c/b comp=appendblock                      | AppendBlob_AppendBlock            | B/write B/add/action | !x-ms-copy-source
PUT  /c/b comp=appendblock                      | AppendBlob_AppendBlockFromUrl     | B/write B/add/action | x-ms-copy-source
PUT  /c/b comp=seal                             | AppendBlob_Seal                   | B/write
"""  # noqa: E501
# Azurite answers it with plain ranges, so that it is refused here.
NOT_OFFERED = frozenset({"PageBlob_GetPageRangesDiff"})

_SERVICES = "Microsoft.Storage/storageAccounts/blobServices"
_SHORT = {"S": _SERVICES, "C": f"{_SERVICES}/containers", "B": f"{_SERVICES}/containers/blobs"}


@dataclass(frozen=True)
class Line:
    """One request, its name in Azurite, the actions of which one is enough, and its headers.

    A header may have any value if it is "", and is absent if it is None.
    """

    method: str
    path: str
    kind: frozenset[tuple[str, str]]
    azurite: str
    actions: frozenset[str]
    headers: Mapping[str, str | None]


def _lines() -> Iterator[Line]:
    for line in _LINES.strip().splitlines():
        request, azurite, actions, headers = (each.strip() for each in f"{line}|".split("|")[:4])
        method, path, *query = request.split()
        yield Line(
            method,
            path,
            frozenset(parse_qsl("".join(query))),
            azurite,
            frozenset(_long(each) for each in actions.split()),
            dict(_header(each) for each in headers.split()),
        )


def _long(action: str) -> str:
    first, _, rest = action.partition("/")
    return f"{_SHORT[first]}/{rest}"


def _header(text: str) -> tuple[str, str | None]:
    name, _, value = text.partition("=")
    return (name[1:], None) if name.startswith("!") else (name, value)


LINES = tuple(_lines())
