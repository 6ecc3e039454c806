"""Names a request: which operation it is, on what, and what that needs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.deployment import StorageAccount
from sandbox.rbac import Need
from sandbox.storage.answers import Refused
from sandbox.storage.asked import Asked
from sandbox.storage.copy_source import CopySource, parse_copy_source
from sandbox.storage.operations import (
    ANY,
    METADATA,
    OPERATIONS,
    READ,
    READ_TAGS,
    WRITE_TAGS,
    Actions,
    Operation,
)
from sandbox.storage.target import Level, Target

_KINDS = ("restype", "comp")
_MANDATORY = frozenset({"blockid", "copyid"})
# Azurite would ignore or misunderstand them, and so do something else than was asked for.
_CANNOT_HONOUR = frozenset(
    {
        "x-ms-copy-source-authorization",
        "x-ms-encryption-algorithm",
        "x-ms-encryption-key",
        "x-ms-encryption-key-sha256",
        "x-ms-encryption-scope",
        "x-ms-immutability-policy-mode",
        "x-ms-immutability-policy-until-date",
        "x-ms-legal-hold",
        "x-ms-previous-snapshot-url",
        "x-ms-range-get-content-crc64",
        "x-ms-source-encryption-key",
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
_VALUES: Mapping[str, re.Pattern[str]] = {
    "blocklisttype": re.compile("committed|uncommitted|all"),
    "maxresults": _NUMBER,
    "snapshot": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", re.ASCII),
    "timeout": _NUMBER,
}
_METADATA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a header may hold so that every reader sees the same: no control character, no octet above.
_HEADER_VALUE = re.compile(r"[ -~]*")
# Azurite misunderstands other values of these, or stumbles over them later.
_BYTES = re.compile(r"bytes=[0-9]{1,15}-[0-9]{0,15}")
_HEADERS: Mapping[str, re.Pattern[str]] = {
    "range": _BYTES,
    "x-ms-lease-duration": re.compile("-1|1[5-9]|[2-5][0-9]|60"),
    "x-ms-range": _BYTES,
}


@dataclass(frozen=True)
class Named:
    """A request that is understood: the operation, its target, what it carries, what it needs."""

    operation: Operation
    target: Target
    headers: Mapping[str, str]
    source: CopySource | None
    needs: tuple[Need, ...]


def name(asked: Asked, account: StorageAccount) -> Named:
    """The operation that `asked` is. Raises Refused with Azure's code for what is none."""
    operation = recognise(asked)
    _check_parameters(operation, asked.target.parameters)
    headers = dict(_carried(operation, asked.headers))
    source = parse_copy_source(headers, account.host) if "x-ms-copy-source" in headers else None
    needs = tuple(_needs(operation, asked.target, headers, source, account))
    return Named(operation, asked.target, headers, source, needs)


def recognise(asked: Asked) -> Operation:
    """The row of the table that describes `asked`. Raises Refused if there is none."""
    kind = {key: value for key, value in asked.target.parameters.items() if key in _KINDS}
    alike = [each for each in OPERATIONS if each.level is asked.target.level and each.kind == kind]
    if not alike:
        raise Refused("InvalidQueryParameterValue", _parameter(kind))
    rows = [each for each in alike if each.method == asked.method]
    if not rows:
        raise Refused("UnsupportedHttpVerb")
    for row in rows:
        if all(_meets(asked.headers.get(key), value) for key, value in row.when.items()):
            return row
    raise _unmet(max(rows, key=lambda row: _likeness(row, asked.headers)), asked.headers)


def _meets(found: str | None, wanted: str | None) -> bool:
    return found == wanted if wanted != ANY else bool(found)


def _likeness(row: Operation, headers: Mapping[str, str]) -> int:
    return sum(_meets(headers.get(key), wanted) for key, wanted in row.when.items() if wanted)


def _unmet(row: Operation, headers: Mapping[str, str]) -> Refused:
    for key, wanted in row.when.items():
        if wanted is not None and not headers.get(key):
            return Refused("MissingRequiredHeader", {"HeaderName": key})
    odd = [key for key, wanted in row.when.items() if not _meets(headers.get(key), wanted)]
    return Refused("InvalidHeaderValue", {"HeaderName": odd[0]})


def _check_parameters(operation: Operation, parameters: Mapping[str, str]) -> None:
    for key, value in parameters.items():
        if key not in operation.parameters and key not in _KINDS:
            raise Refused("UnsupportedQueryParameter", {"QueryParameterName": key})
        if value and not _is_valid(key, value):
            raise Refused("InvalidQueryParameterValue", _parameter({key: value}))
    for key in _MANDATORY & operation.parameters:
        if not parameters.get(key):
            raise Refused("MissingRequiredQueryParameter", {"QueryParameterName": key})


def _is_valid(key: str, value: str) -> bool:
    if key == "include":
        return _INCLUDES.issuperset(value.split(","))
    return key not in _VALUES or bool(_VALUES[key].fullmatch(value))


def _parameter(found: Mapping[str, str]) -> Mapping[str, str]:
    for key, value in reversed(list(found.items())):
        return {"QueryParameterName": key, "QueryParameterValue": value}
    return {}


def _carried(operation: Operation, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The headers that the operation knows; what Azure ignores goes no further."""
    for sent_as, value in headers.items():
        key = sent_as.lower()
        if key in _CANNOT_HONOUR:
            raise Refused("UnsupportedHeader", {"HeaderName": key})
        if key == "x-ms-blob-public-access":
            raise Refused("PublicAccessNotPermitted")
        if key.startswith(METADATA):
            if METADATA in operation.headers:
                # Azure keeps the case in which a name of metadata was written.
                yield METADATA + _metadata_name(sent_as), _checked(key, value)
        elif key in operation.headers or operation.when.get(key):
            yield key, _checked(key, value)


def _checked(key: str, value: str) -> str:
    if not _HEADERS.get(key, _HEADER_VALUE).fullmatch(value):
        raise Refused("InvalidHeaderValue", {"HeaderName": key})
    return value


def _metadata_name(sent_as: str) -> str:
    name = sent_as[len(METADATA) :]
    if not _METADATA_NAME.fullmatch(name):
        raise Refused("InvalidMetadata")
    return name


def _needs(
    operation: Operation,
    target: Target,
    headers: Mapping[str, str],
    source: CopySource | None,
    account: StorageAccount,
) -> Iterator[Need]:
    on_service = target.level is Level.SERVICE
    scope = account.id if on_service else account.container_id(target.container)
    yield Need(scope, operation.needs)
    for actions in _second_needs(target.parameters, headers):
        yield Need(scope, actions)
    if source:
        at_source = account.container_id(source.target.container)
        yield Need(at_source, READ)
        if _tags_are_read(headers):
            yield Need(at_source, READ_TAGS)


def _second_needs(parameters: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[Actions]:
    """What a request needs besides, because of what it carries."""
    tags_are_copied = headers.get("x-ms-copy-source-tag-option") == "COPY"
    if "x-ms-tags" in headers or tags_are_copied:
        yield WRITE_TAGS
    # A condition tells what the tags are. Whether Azure sees it so is not verified.
    if "x-ms-if-tags" in headers or "tags" in parameters.get("include", "").split(","):
        yield READ_TAGS


def _tags_are_read(headers: Mapping[str, str]) -> bool:
    return "x-ms-source-if-tags" in headers or "x-ms-copy-source-tag-option" in headers
