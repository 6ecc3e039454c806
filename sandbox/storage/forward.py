"""The request to Azurite, rebuilt from the granted one, so that it can mean nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sandbox.plane import Granted
from sandbox.storage.actions import ADD
from sandbox.storage.copy_source import AUTHORIZATION
from sandbox.storage.name import Named
from sandbox.storage.operations import MAKES_A_BLOB, Operation
from sandbox.storage.paging import place_of
from sandbox.storage.sas import SasCaller
from sandbox.storage.sas_rights import creates_alone

# The client id of the sandbox's own requests, by which Azurite's records tell them from clients'.
OWN_ID = "gateway"
_OF_THE_SOURCE = ("x-ms-copy-source", "x-ms-source-")
# Writes of a whole blob, in which a lease counts before `If-None-Match: *`.
_WHOLE = frozenset({"PutBlob", "PutBlobFromURL", "PutBlockList"})
_CHECKSUMS = {
    "x-ms-source-content-crc64": "x-ms-content-crc64",
    "x-ms-source-content-md5": "content-md5",
}


@dataclass(frozen=True)
class Forwarded:
    """A request to Azurite, before it is signed. `path` is encoded, `parameters` are not."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    takes_body: bool

    @property
    def target(self) -> str:
        """Return the request target in its one spelling."""
        query = "&".join(
            f"{name}={quote(value, safe='')}" for name, value in self.parameters.items()
        )
        return f"{self.path}?{query}" if query else self.path


def question(
    method: str,
    path: str,
    parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Forwarded:
    """Return a request of the sandbox's own, which only reads."""
    sent = {**(headers or {}), "x-ms-client-request-id": OWN_ID}
    return Forwarded(method, path, parameters or {}, sent, takes_body=False)


def creates_only(granted: Granted[Named]) -> bool:
    """Return whether a request may create a blob, but not replace one: its right is to add.

    Or it has a SAS with the permission to create, and not to write.
    """
    caller = granted.caller
    if isinstance(caller, SasCaller) and creates_alone(granted.named, caller):
        return True
    by_adding = bool(granted.allowed) and granted.allowed[0].action in ADD
    return by_adding and granted.named.operation.name in MAKES_A_BLOB


def rebuild(granted: Granted[Named]) -> Forwarded:
    """Return the request to Azurite that carries out the granted one."""
    named = granted.named
    operation = named.operation
    headers = dict(named.headers)
    if operation.reads_source:
        headers = _of_the_target(headers)
    elif named.source:
        headers["x-ms-copy-source"] = named.source.url
        headers.pop(AUTHORIZATION, None)
    if headers.get("if-none-match") == "*" and _is_under_a_lease(named):
        # The holder of a lease replaces the blob even with `If-None-Match: *`, as the SDK sends it
        # by default: Azure/azure-storage-net issue 38, and Azure/azure-sdk-for-python,
        # azure-storage-blob, tests/test_common_blob.py, test_create_blob_with_lease_id.
        del headers["if-none-match"]
    if creates_only(granted):
        # Azurite checks and creates under one lock, so of many at once exactly one succeeds.
        headers["if-none-match"] = "*"
    return Forwarded(
        method="HEAD" if operation.as_head else operation.method,
        path=named.target.path,
        parameters=_parameters(operation, named.target.parameters),
        headers=headers,
        takes_body=operation.body or operation.reads_source,
    )


def _is_under_a_lease(named: Named) -> bool:
    return named.operation.name in _WHOLE and "x-ms-lease-id" in named.headers


def _of_the_target(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a write whose body was read at a source, with the body's checksums."""
    kept = {name: value for name, value in headers.items() if not name.startswith(_OF_THE_SOURCE)}
    sums = {name: headers[sent] for sent, name in _CHECKSUMS.items() if sent in headers}
    return kept | sums


def _parameters(operation: Operation, sent: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that the operation knows; an empty one counts as none."""
    kind = {} if operation.as_head else operation.kind
    known = {key: value for key, value in sent.items() if value and key in operation.parameters}
    if "marker" in known:
        known["marker"] = place_of(known["marker"]) or ""
    return {**kind, **known}
