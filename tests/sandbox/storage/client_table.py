"""The tables of docs/blob-clients.md: `python -m tests.sandbox.storage.client_table`.

Rows are the public methods and options that azure-storage-blob has, so that a new version adds its
own; a test demands that each is known here.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from azure.storage.blob import BlobClient, BlobLeaseClient, BlobServiceClient, ContainerClient

from sandbox.state import PROJECT
from sandbox.storage.operations import OPERATIONS
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "blob-clients.md"
BEGIN = "<!-- written by tests/sandbox/storage/client_table.py -->\n"
END = "<!-- until here -->\n"

_CLIENTS = (BlobServiceClient, ContainerClient, BlobClient, BlobLeaseClient)
_DOCUMENTED = re.compile(r":(?:keyword|param)\b[^:\n]*?(\w+):")
# Methods that send no request.
_LOCAL = frozenset(
    {"close", "from_blob_url", "from_connection_string", "from_container_url", "get_blob_client"}
    | {"get_container_client"}
)
_LEASES = ("Acquire", "Break", "Change", "Release", "Renew")
# The operations that a method asks for: one of these, or several in turn.
METHODS: Mapping[str, tuple[str, ...]] = {
    "BlobClient.abort_copy": ("AbortCopyBlob",),
    "BlobClient.acquire_lease": ("AcquireBlobLease",),
    "BlobClient.append_block": ("AppendBlock",),
    "BlobClient.append_block_from_url": ("AppendBlockFromURL",),
    "BlobClient.clear_page": ("ClearPage",),
    "BlobClient.commit_block_list": ("PutBlockList",),
    "BlobClient.create_append_blob": ("PutBlob",),
    "BlobClient.create_page_blob": ("PutBlob",),
    "BlobClient.create_snapshot": ("SnapshotBlob",),
    "BlobClient.delete_blob": ("DeleteBlob",),
    "BlobClient.delete_immutability_policy": ("DeleteBlobImmutabilityPolicy",),
    "BlobClient.download_blob": ("GetBlob",),
    "BlobClient.exists": ("GetBlobProperties",),
    "BlobClient.get_account_information": ("GetAccountInfo",),
    "BlobClient.get_blob_properties": ("GetBlobProperties",),
    "BlobClient.get_blob_tags": ("GetBlobTags",),
    "BlobClient.get_block_list": ("GetBlockList",),
    "BlobClient.get_page_range_diff_for_managed_disk": ("GetPageRanges",),
    "BlobClient.get_page_ranges": ("GetPageRanges",),
    "BlobClient.list_page_ranges": ("GetPageRanges",),
    "BlobClient.query_blob": ("QueryBlobContents",),
    "BlobClient.resize_blob": ("SetBlobProperties",),
    "BlobClient.seal_append_blob": ("AppendBlobSeal",),
    "BlobClient.set_blob_metadata": ("SetBlobMetadata",),
    "BlobClient.set_blob_tags": ("SetBlobTags",),
    "BlobClient.set_http_headers": ("SetBlobProperties",),
    "BlobClient.set_immutability_policy": ("SetBlobImmutabilityPolicy",),
    "BlobClient.set_legal_hold": ("SetBlobLegalHold",),
    "BlobClient.set_premium_page_blob_tier": ("SetBlobTier",),
    "BlobClient.set_sequence_number": ("SetBlobProperties",),
    "BlobClient.set_standard_blob_tier": ("SetBlobTier",),
    "BlobClient.stage_block": ("PutBlock",),
    "BlobClient.stage_block_from_url": ("PutBlockFromURL",),
    "BlobClient.start_copy_from_url": ("CopyBlob", "CopyBlobFromURL"),
    "BlobClient.undelete_blob": ("UndeleteBlob",),
    "BlobClient.upload_blob": ("PutBlob", "PutBlock", "PutBlockList", "AppendBlock", "PutPage"),
    "BlobClient.upload_blob_from_url": ("PutBlobFromURL",),
    "BlobClient.upload_page": ("PutPage",),
    "BlobClient.upload_pages_from_url": ("PutPageFromURL",),
    "BlobLeaseClient.acquire": ("AcquireBlobLease", "AcquireContainerLease"),
    "BlobLeaseClient.break_lease": ("BreakBlobLease", "BreakContainerLease"),
    "BlobLeaseClient.change": ("ChangeBlobLease", "ChangeContainerLease"),
    "BlobLeaseClient.release": ("ReleaseBlobLease", "ReleaseContainerLease"),
    "BlobLeaseClient.renew": ("RenewBlobLease", "RenewContainerLease"),
    "BlobServiceClient.create_container": ("CreateContainer",),
    "BlobServiceClient.delete_container": ("DeleteContainer",),
    "BlobServiceClient.find_blobs_by_tags": ("FindBlobsByTags",),
    "BlobServiceClient.get_account_information": ("GetAccountInfo",),
    "BlobServiceClient.get_service_properties": ("GetBlobServiceProperties",),
    "BlobServiceClient.get_service_stats": ("GetBlobServiceStats",),
    "BlobServiceClient.get_user_delegation_key": ("GetUserDelegationKey",),
    "BlobServiceClient.list_containers": ("ListContainers",),
    "BlobServiceClient.set_service_properties": ("SetBlobServiceProperties",),
    "BlobServiceClient.undelete_container": ("RestoreContainer",),
    "ContainerClient.acquire_lease": ("AcquireContainerLease",),
    "ContainerClient.create_container": ("CreateContainer",),
    "ContainerClient.delete_blob": ("DeleteBlob",),
    "ContainerClient.delete_blobs": ("BlobBatch", "DeleteBlob"),
    "ContainerClient.delete_container": ("DeleteContainer",),
    "ContainerClient.download_blob": ("GetBlob",),
    "ContainerClient.exists": ("GetContainerProperties",),
    "ContainerClient.find_blobs_by_tags": ("FindBlobsByTags",),
    "ContainerClient.get_account_information": ("GetAccountInfo",),
    "ContainerClient.get_container_access_policy": ("GetContainerACL",),
    "ContainerClient.get_container_properties": ("GetContainerProperties",),
    "ContainerClient.list_blob_names": ("ListBlobs",),
    "ContainerClient.list_blobs": ("ListBlobs",),
    "ContainerClient.set_container_access_policy": ("SetContainerACL",),
    "ContainerClient.set_container_metadata": ("SetContainerMetadata",),
    "ContainerClient.set_premium_page_blob_tier_blobs": ("BlobBatch", "SetBlobTier"),
    "ContainerClient.set_standard_blob_tier_blobs": ("BlobBatch", "SetBlobTier"),
    "ContainerClient.upload_blob": ("PutBlob", "PutBlock", "PutBlockList"),
    "ContainerClient.walk_blobs": ("ListBlobs",),
}
# Methods that work in part; the page says which.
_IN_PART: Mapping[str, str] = {
    "BlobClient.get_page_range_diff_for_managed_disk": "refused: 400 `UnsupportedHeader`",
    "BlobClient.undelete_blob": (
        "works on an account without soft delete, where it finds nothing deleted; 501 "
        "`NotImplemented` where the template turns it on"
    ),
    "BlobServiceClient.get_service_stats": (
        "fails: the client sends it to a secondary endpoint, which no account has here"
    ),
    "BlobClient.start_copy_from_url": "works within the account",
    "ContainerClient.set_container_access_policy": (
        "stores the policies; a SAS that names one is refused: 403 `AuthenticationFailed`"
    ),
    "BlobClient.append_block_from_url": "works within the account",
    "BlobClient.stage_block_from_url": "works within the account",
    "BlobClient.upload_blob_from_url": "works within the account",
    "BlobClient.upload_pages_from_url": "works within the account",
}


@dataclass(frozen=True)
class Refused:
    """An option that is refused: its request, and the error that the sandbox answers."""

    target: str
    headers: Mapping[str, str]
    status: int
    code: str
    method: str = "PUT"
    note: str = ""

    @property
    def on_the_wire(self) -> str:
        """Return the header or the parameter that the option becomes."""
        last = re.split("[?&]", self.target)[-1]
        return next(iter(self.headers), "") or last.partition("=")[0]


_PUT = {"x-ms-blob-type": "BlockBlob"}
_MOMENT = "Mon, 04 May 2026 12:00:00 GMT"
_VERSION = "2026-05-04T12:00:00.0000000Z"


def _by_header(target: str, name: str, value: str, method: str = "PUT", note: str = "") -> Refused:
    return Refused(target, {name: value}, 400, "UnsupportedHeader", method, note)


def _by_parameter(target: str, method: str = "GET") -> Refused:
    return Refused(target, {}, 400, "UnsupportedQueryParameter", method)


REFUSED: Mapping[str, Refused] = {
    "access_tier_if_modified_since": _by_header(
        "/scratch/option", "x-ms-access-tier-if-modified-since", _MOMENT, "DELETE"
    ),
    "access_tier_if_unmodified_since": _by_header(
        "/scratch/option", "x-ms-access-tier-if-unmodified-since", _MOMENT, "DELETE"
    ),
    "container_encryption_scope": _by_header(
        "/option?restype=container", "x-ms-default-encryption-scope", "mine"
    ),
    "cpk": _by_header("/scratch/option", "x-ms-encryption-key", "a2V5", "GET"),
    "encryption_scope": _by_header("/scratch/option", "x-ms-encryption-scope", "mine"),
    "end_before": _by_parameter("/scratch?restype=container&comp=list&endBefore=a"),
    "immutability_policy": _by_header(
        "/scratch/option", "x-ms-immutability-policy-until-date", _MOMENT
    ),
    "legal_hold": _by_header("/scratch/option", "x-ms-legal-hold", "true"),
    "previous_snapshot": _by_parameter(f"/scratch/option?comp=pagelist&prevsnapshot={_VERSION}"),
    "previous_snapshot_diff": _by_parameter(
        f"/scratch/option?comp=pagelist&prevsnapshot={_VERSION}"
    ),
    "previous_snapshot_url": _by_header(
        "/scratch/option?comp=pagelist", "x-ms-previous-snapshot-url", "https://x", "GET"
    ),
    "public_access": Refused(
        "/option?restype=container",
        {"x-ms-blob-public-access": "blob"},
        409,
        "PublicAccessNotPermitted",
    ),
    "source_cpk": _by_header("/scratch/option", "x-ms-source-encryption-key", "a2V5"),
    "source_lease": _by_header(
        "/scratch/option", "x-ms-source-lease-id", "00000000-0000-4000-8000-000000000000"
    ),
    "validate_content": _by_header(
        "/scratch/option",
        "x-ms-structured-body",
        "XSM/1.0; properties=crc64",
        "GET",
        "`crc64` and `auto` on a download or an upload from a stream; `md5` works",
    ),
    "version_id": _by_parameter(f"/scratch/option?versionid={_VERSION}"),
}
# Options that are refused by their value, by the body, or by the operation.
ELSEWHERE: Mapping[str, str] = {
    "analytics_logging": "stored; nothing is logged",
    "delegated_user_tid": "501 `NotImplemented`",
    "delete_retention_policy": "501 `NotImplemented` if it is enabled",
    "include": (
        "`deleted` and `versions` are 501 `NotImplemented` where the template keeps such blobs; "
        "`immutabilitypolicy`, `legalhold` and `deletedwithversions` are 400 "
        "`InvalidQueryParameterValue`"
    ),
    "include_deleted": "501 `NotImplemented` where the template keeps deleted containers",
    "incremental_copy": "501 `NotImplemented`",
    "hour_metrics": "stored; nothing is counted",
    "minute_metrics": "stored; nothing is counted",
    "source_authorization": "works, with `requires_sync=True` where the method has that option",
    "standard_blob_tier": "`Smart` is 501 `NotImplemented`",
    "static_website": "stored; no website is served",
}


# Options that work, or that the client does not send.
TAKEN = frozenset(
    [
        "appendpos_condition",
        "blob",
        "blob_format",
        "blob_type",
        "blobs",
        "block_id",
        "block_list",
        "block_list_type",
        "container",
        "content_settings",
        "copy_id",
        "copy_source_url",
        "cors",
        "data",
        "decompress",
        "delete_snapshots",
        "deleted_container_name",
        "deleted_container_version",
        "delimiter",
        "destination_lease",
        "encoding",
        "etag",
        "filter_expression",
        "if_modified_since",
        "if_sequence_number_eq",
        "if_sequence_number_lt",
        "if_sequence_number_lte",
        "if_tags_match_condition",
        "if_unmodified_since",
        "include_metadata",
        "include_source_blob_properties",
        "include_system",
        "key_expiry_time",
        "key_start_time",
        "lease",
        "lease_break_period",
        "lease_duration",
        "lease_id",
        "length",
        "match_condition",
        "max_concurrency",
        "maxsize_condition",
        "metadata",
        "name",
        "name_starts_with",
        "offset",
        "on_error",
        "output_format",
        "overwrite",
        "page",
        "premium_page_blob_tier",
        "progress_hook",
        "proposed_lease_id",
        "query_expression",
        "raise_on_any_failure",
        "rehydrate_priority",
        "requires_sync",
        "response_format",
        "results_per_page",
        "seal_destination_blob",
        "sequence_number",
        "sequence_number_action",
        "signed_identifiers",
        "size",
        "source_content_md5",
        "source_etag",
        "source_if_modified_since",
        "source_if_unmodified_since",
        "source_length",
        "source_match_condition",
        "source_offset",
        "source_token_intent",
        "source_url",
        "start_from",
        "tags",
        "target_version",
        "timeout",
    ]
)


def methods() -> Iterator[str]:
    """Yield the public methods of the SDK's clients that send requests."""
    for client in _CLIENTS:
        for name, _ in inspect.getmembers(client, inspect.isfunction):
            if not name.startswith("_") and name not in _LOCAL:
                yield f"{client.__name__}.{name}"


def options() -> set[str]:
    """Return the options that the methods document."""
    clients = {client.__name__: client for client in _CLIENTS}
    documents = (
        getattr(clients[each.partition(".")[0]], each.partition(".")[2]) for each in methods()
    )
    return {name for each in documents for name in _DOCUMENTED.findall(inspect.getdoc(each) or "")}


def with_tables(page: str) -> str:
    """Return `page` with its tables updated. Raises ValueError if the marks are missing."""
    return replace_section(page, BEGIN, END, "".join((*_methods(), *_options())))


def _methods() -> Iterator[str]:
    yield "| method | operation | |\n|---|---|---|\n"
    for each in methods():
        asked = METHODS.get(each, ())
        names = ", ".join(f"`{name}`" for name in asked)
        yield f"| `{each}` | {names} | {_IN_PART.get(each) or _state(asked)} |\n"


def _state(asked: tuple[str, ...]) -> str:
    offered = {each.name: each.offered for each in OPERATIONS}
    if not asked:
        return "not known here"
    return "works" if all(offered[each] for each in asked) else "refused: 501 `NotImplemented`"


def _options() -> Iterator[str]:
    yield "\n| option | on the wire | here |\n|---|---|---|\n"
    for each in sorted(options()):
        if found := REFUSED.get(each):
            note = f", for {found.note}" if found.note else ""
            yield f"| `{each}` | `{found.on_the_wire}` | {found.status} `{found.code}`{note} |\n"
        elif each not in TAKEN:
            yield f"| `{each}` | | {ELSEWHERE.get(each, 'not known here')} |\n"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
