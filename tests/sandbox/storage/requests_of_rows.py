"""For each row of the table, a request that it describes."""

from sandbox.storage.operations import ANY, OPERATIONS, Operation
from sandbox.storage.request import BlobRequest, Level, read_request
from tests.sandbox.storage.microsofts_table import LINES

HOST = "account.blob.core.windows.net"
_LEASE = "11111111-2222-4333-8444-555555555555"
_ANY = {
    "x-ms-access-tier": "Cool",
    "x-ms-blob-content-length": "512",
    "x-ms-expiry-option": "NeverExpire",
    "x-ms-lease-duration": "15",
    "x-ms-lease-id": _LEASE,
    "x-ms-proposed-lease-id": _LEASE,
    "x-ms-sequence-number-action": "increment",
}
PATHS = {Level.SERVICE: "/", Level.CONTAINER: "/c", Level.BLOB: "/c/b"}
_PARAMETERS = {"blockid": "QQ==", "copyid": _LEASE, "where": "\"a\"='b'"}


def row_id(row: Operation) -> str:
    return f"{row.name}: {' or '.join(azurites_of(row))}"


def azurites_of(row: Operation) -> list[str]:
    """Return the names of Azurite's operations that the row's request becomes."""
    return [
        line.azurite
        for line in LINES
        if (line.method, line.path) == (row.method, PATHS[row.level])
        and line.kind == frozenset(row.kind.items())
        and all(_agree(row.when.get(name), value) for name, value in line.headers.items())
    ]


def _agree(ours: str | None, theirs: str | None) -> bool:
    return ours is not None if theirs == "" else ours == theirs


def ids() -> list[str]:
    return [row_id(each) for each in OPERATIONS]


def target_of(row: Operation, container: str = "container", blob: str = "a/blob") -> str:
    """Return the shortest target that makes the row's operation complete."""
    names = {Level.SERVICE: (), Level.CONTAINER: (container,), Level.BLOB: (container, blob)}
    parameters = {
        **row.kind,
        **{key: value for key, value in _PARAMETERS.items() if key in row.parameters},
    }
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return "/" + "/".join(names[row.level]) + (f"?{query}" if query else "")


def headers_of(
    row: Operation, host: str = HOST, source: str = "container/source"
) -> dict[str, str]:
    """Return the headers without which the row would not be recognised."""
    known = _ANY | {"x-ms-copy-source": f"https://{host}/{source}"}
    return {
        key: known[key] if value == ANY else value
        for key, value in row.when.items()
        if value is not None
    }


def request_of(row: Operation) -> BlobRequest:
    return read_request(row.method, target_of(row).replace('"', "%22"), headers_of(row).items())
