"""The allowlist of a request: the parameters and headers of its operation, and no others."""

import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from sandbox.storage.errors import invalid_header, not_offered, refusal
from sandbox.storage.operations import METADATA, Operation
from sandbox.storage.paging import place_of
from sandbox.storage.request import IN_XML

# Parameters that tell operations apart; see the table.
KINDS = frozenset({"restype", "comp"})
_MANDATORY = frozenset({"blockid", "copyid"})
# Azurite would ignore or misunderstand these headers, and so do something else than requested.
_CANNOT_HONOUR = frozenset(
    {
        "x-ms-access-tier-if-modified-since",
        "x-ms-access-tier-if-unmodified-since",
        "x-ms-copy-source-authorization",
        "x-ms-copy-source-tag-option",
        "x-ms-default-encryption-scope",
        "x-ms-deny-encryption-scope-override",
        "x-ms-encryption-algorithm",
        "x-ms-encryption-key",
        "x-ms-encryption-key-sha256",
        "x-ms-encryption-scope",
        "x-ms-immutability-policy-mode",
        "x-ms-immutability-policy-until-date",
        "x-ms-legal-hold",
        "x-ms-previous-snapshot-url",
        "x-ms-range-get-content-crc64",
        "x-ms-source-content-crc64",
        "x-ms-source-content-md5",
        "x-ms-source-encryption-key",
        "x-ms-source-lease-id",
        "x-ms-structured-body",
        "x-ms-structured-content-length",
    }
)
_INCLUDES = frozenset(
    {
        "copy",
        "deleted",
        "metadata",
        "snapshots",
        "system",
        "tags",
        "uncommittedblobs",
        "versions",
    }
)
_NUMBER = re.compile(r"[0-9]{1,9}")
# Azurite crashes when its answer has to repeat a character outside of IN_XML.
_VALUES: Mapping[str, re.Pattern[str]] = {
    "blocklisttype": re.compile("committed|uncommitted|all"),
    "delimiter": IN_XML,
    "maxresults": _NUMBER,
    "prefix": IN_XML,
    "snapshot": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", re.ASCII),
    "startFrom": IN_XML,
    "timeout": _NUMBER,
    "where": IN_XML,
}
_METADATA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Characters of a header that every reader reads alike: printable ASCII.
_HEADER_VALUE = re.compile(r"[ -~]*")
# Azurite misunderstands other values of these headers, or fails at them later.
_BYTES = re.compile(r"bytes=[0-9]{1,15}-[0-9]{0,15}")
_LENGTH = re.compile(r"[0-9]{1,15}")
_GUID = re.compile(r"[{(]?[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}[)}]?")
_TAG = r"(?:[ !-$'-<>-~]|%[0-9A-Fa-f]{2})*"
_TAGS = re.compile(rf"(?:{_TAG}={_TAG}(?:&{_TAG}={_TAG})*)?")
_HEADERS: Mapping[str, re.Pattern[str]] = {
    "range": _BYTES,
    "x-ms-blob-condition-appendpos": _LENGTH,
    "x-ms-blob-condition-maxsize": _LENGTH,
    "x-ms-blob-content-length": _LENGTH,
    "x-ms-if-sequence-number-eq": _LENGTH,
    "x-ms-if-sequence-number-le": _LENGTH,
    "x-ms-if-sequence-number-lt": _LENGTH,
    "x-ms-lease-duration": re.compile("-1|1[5-9]|[2-5][0-9]|60"),
    # https://learn.microsoft.com/rest/api/storageservices/lease-blob
    "x-ms-proposed-lease-id": _GUID,
    "x-ms-range": _BYTES,
    "x-ms-seal-blob": re.compile("true|false", re.IGNORECASE),
    "x-ms-source-range": _BYTES,
    "x-ms-tags": _TAGS,
}
_CONDITION = re.compile(r"(x-ms-(blob-|source-)?)?if-.*")
_DATE = re.compile(r".*if-(un)?modified-since")
# https://learn.microsoft.com/rest/api/storageservices/put-blob
_LARGEST_PAGE_BLOB = 8 << 40
# Without quotes it is read as a moment, of which this is the form today.
_ETAG = re.compile(r'\*|(?:W/)?"[^"]*"|0x8[0-9A-F]{14}')
# Azure reads them in any case; Azurite finds an operation by one of them, and in lower case.
_LOGICAL = frozenset({"x-ms-requires-sync", "x-ms-seal-blob"})
# https://learn.microsoft.com/rest/api/storageservices/setting-and-retrieving-properties-and-metadata-for-blob-resources
_LARGEST_METADATA = 8 * 1024


def check_parameters(operation: Operation, parameters: Mapping[str, str]) -> None:
    """Raise Refusal 400 for a parameter that the operation does not know, or whose value is bad."""
    for key, value in parameters.items():
        if key not in operation.parameters and key not in KINDS:
            raise refusal("UnsupportedQueryParameter", {"QueryParameterName": key})
        if key == "maxresults" and value and not value.strip("0"):
            raise refusal("OutOfRangeQueryParameterValue", parameter({key: value}))
        if not is_valid(key, value):
            # As recorded: Azure/azure-storage-python tests/recordings/
            # test_common_blob.test_get_blob_metadata_fail.yaml and six more.
            early = key == "snapshot"
            raise refusal("InvalidQueryParameterValue", parameter({key: value}), early=early)
    for key in _MANDATORY & operation.parameters:
        if not parameters.get(key):
            raise refusal("MissingRequiredQueryParameter", {"QueryParameterName": key})


def is_valid(key: str, value: str) -> bool:
    """Return whether a parameter may have this value.

    An empty value counts as no parameter, except for a snapshot: that would mean the blob itself.
    """
    if not value:
        return key != "snapshot"
    if key == "marker":
        return place_of(value) is not None
    if key == "include":
        return _INCLUDES.issuperset(value.split(","))
    return key not in _VALUES or bool(_VALUES[key].fullmatch(value))


def parameter(found: Mapping[str, str]) -> Mapping[str, str]:
    """Return the details by which Azure names a parameter that it refuses."""
    for key, value in reversed(list(found.items())):
        return {"QueryParameterName": key, "QueryParameterValue": value}
    return {}


def carried(operation: Operation, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the headers that the operation knows; headers that Azure ignores are left out.

    Raises Refusal for headers that Azurite would misunderstand.
    """
    for sent_as, value in headers.items():
        key = sent_as.lower()
        if key in _CANNOT_HONOUR and key not in operation.headers:
            raise refusal("UnsupportedHeader", {"HeaderName": key})
        if key == "x-ms-blob-public-access":
            raise refusal("PublicAccessNotPermitted")
        if key.startswith(METADATA):
            if METADATA in operation.headers:
                # Azure keeps the case in which a name of metadata was written.
                yield METADATA + _metadata_name(sent_as), _checked(key, value)
        elif key in operation.headers or operation.when.get(key):
            _check_etag(operation, key, value)
            yield key, _checked(key, value)


def check_metadata(headers: Mapping[str, str]) -> None:
    """Raise Refusal 400 if names and values of metadata have more than 8 KB together."""
    own = [(name, value) for name, value in headers.items() if name.startswith(METADATA)]
    if sum(len(name) - len(METADATA) + len(value) for name, value in own) > _LARGEST_METADATA:
        raise refusal("MetadataTooLarge")


def _checked(key: str, value: str) -> str:
    if not _HEADERS.get(key, _HEADER_VALUE).fullmatch(value):
        raise invalid_header(key, value)
    if key == "x-ms-access-tier" and value.lower() == "smart":
        raise not_offered("the tier Smart")
    if key == "x-ms-tags" and not _is_text(value):
        raise invalid_header(key, value)
    if _CONDITION.fullmatch(key) and not _is_well_formed(key, value):
        raise invalid_header(key, value)
    if key == "x-ms-blob-content-length" and int(value) > _LARGEST_PAGE_BLOB:
        raise invalid_header(key, value)
    return value.lower() if key in _LOGICAL else value


def _is_text(encoded: str) -> bool:
    try:
        unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _is_well_formed(condition: str, value: str) -> bool:
    """Return whether Azurite honours a condition: it ignores empty ones, and unreadable dates."""
    if not _DATE.fullmatch(condition):
        return bool(value)
    try:
        parsedate_to_datetime(value)
    except (OverflowError, ValueError):
        return False
    return True


def _check_etag(operation: Operation, key: str, value: str) -> None:
    """Raise Refusal for an ETag that no blob can have: an error of Append Block, not a condition.

    Azure/azure-storage-python tests/recordings/
    test_blob_access_conditions.test_append_block_with_if_match_fail.yaml; one that a blob may have,
    without quotes: Azure/azure-sdk-for-python, azure-storage-blob,
    tests/test_blob_access_conditions.py, test_append_blob_from_bytes_with_if_match_fail.
    """
    if operation.name == "AppendBlock" and key == "if-match" and not _ETAG.fullmatch(value):
        raise refusal("OutOfRangeInput")


def _metadata_name(sent_as: str) -> str:
    name = sent_as[len(METADATA) :]
    if not _METADATA_NAME.fullmatch(name):
        raise refusal("InvalidMetadata")
    return name
