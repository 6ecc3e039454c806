"""The table of operations: each row is recognised, requires its actions, and stays itself."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.deployment import RoleAssignment, RoleDefinition, StorageAccount
from sandbox.entra import Caller
from sandbox.plane import Granted
from sandbox.rbac import Action, Allowed, Requirement
from sandbox.storage.actions import ADD, READ
from sandbox.storage.errors import StorageError
from sandbox.storage.forward import rebuild
from sandbox.storage.name import Named, name
from sandbox.storage.operations import OPERATIONS, Operation
from sandbox.storage.recognise import Table
from sandbox.storage.request import Level, read_request
from tests.sandbox.storage.dispatch import Dispatch
from tests.sandbox.storage.requests_of_rows import (
    HOST,
    azurites_of,
    headers_of,
    ids,
    request_of,
    row_id,
    target_of,
)

ACCOUNT = StorageAccount("/subscriptions/s/resourceGroups/g/account", "account", ())
TABLE = Table()
CALLER = Caller("principal", "app", "caller", "issuer", 0, "token")
CONTAINER = ACCOUNT.container_id("container")
# A batch is split here; Azurite gets its parts.
FORWARDED = [each for each in OPERATIONS if each.offered and each.name != "BlobBatch"]


def granted(named: Named, action: Action) -> Granted[Named]:
    assignment = RoleAssignment("assigned", ACCOUNT.id, "principal", "role", "a test")
    role = RoleDefinition("role", "a role")
    return Granted(CALLER, named, (Allowed(named.requirements[0], action, assignment, role),))


def carried_out_as(row: Operation) -> list[str]:
    """Return the operations of Azurite's that a row may become."""
    if row.as_head:
        return ["Blob_GetProperties"]
    if row.reads_source:
        plain = (re.sub("FromUrl", "", each, flags=re.IGNORECASE) for each in azurites_of(row))
        return ["BlockBlob_Upload" if each == "BlockBlob_PutBlob" else each for each in plain]
    return azurites_of(row)


@pytest.fixture(scope="module")
def dispatch() -> Iterator[Dispatch]:
    with Dispatch("account", HOST) as asked:
        yield asked


@pytest.mark.parametrize("row", OPERATIONS, ids=ids())
def test_a_row_is_recognised_and_needs_its_actions_on_its_scope(row: Operation) -> None:
    named = name(request_of(row), ACCOUNT, TABLE)
    scope = ACCOUNT.id if row.level is Level.SERVICE else CONTAINER
    assert named.operation is row
    assert named.requirements[0] == Requirement(scope, row.actions)
    by_the_caller = "x-ms-copy-source" in headers_of(row) and not row.reads_source
    copies = [Requirement(CONTAINER, READ)] if by_the_caller else []
    assert list(named.requirements[1:]) == copies


@pytest.mark.parametrize("row", FORWARDED, ids=map(row_id, FORWARDED))
def test_azurite_understands_the_operation_that_was_named(
    row: Operation, dispatch: Dispatch
) -> None:
    for action in {*row.actions, *ADD}:
        dispatched = dispatch.of(rebuild(granted(name(request_of(row), ACCOUNT, TABLE), action)))
        assert dispatched.operation in carried_out_as(row)
        assert dispatched.account == "account"
        assert (dispatched.container, dispatched.blob) == {
            Level.SERVICE: ("", ""),
            Level.CONTAINER: ("container", ""),
            Level.BLOB: ("container", "a/blob"),
        }[row.level]


@pytest.mark.parametrize("row", OPERATIONS, ids=ids())
def test_a_request_without_one_of_its_headers_is_another_or_none(
    row: Operation, dispatch: Dispatch
) -> None:
    """Azurite takes a lease's renewal without its id for the making of a container."""
    headers = headers_of(row)
    for missing in headers:
        fewer = {key: value for key, value in headers.items() if key != missing}
        assert_stays_itself(dispatch, row.method, target_of(row), fewer)


def test_rows_that_differ_in_a_header_alone_are_distinct() -> None:
    for row in OPERATIONS:
        others = [each for each in OPERATIONS if each is not row and each.kind == row.kind]
        alike = [each for each in others if (each.method, each.level) == (row.method, row.level)]
        assert all(each.when != row.when for each in alike)


PATHS = [
    "/",
    "/container",
    "/container/",
    "/container/blob",
    "/container/a%2Fb",
    "/container/a%5Cb",
    "/container/a%252Fb",
    "/container//b",
    "/container/b/",
    "/container/%3Fcomp=tags",
    "/container/b;comp=tags",
    "/container/...",
    "/container/..%2F..%2Fother%2Fblob",
    "/container/./b",
    "/container%2Fblob",
    "/Container/blob",
    "/container-secondary/blob",
    "/blob.txt",
    "//container/blob",
    "/container/%F0%9F%93%B7",
    "/container/%C0%AE%C0%AE",
    "/container/%00",
    "/container/%zz",
    "/account/container/blob",
]
QUERIES = [
    *(f"comp={each}" for each in ("tags", "metadata", "list", "lease", "block", "blocklist")),
    *(f"comp={each}" for each in ("batch", "acl", "snapshot", "copy", "page", "appendblock")),
    *(f"comp={each}" for each in ("properties", "tier", "Tags", "", "undelete", "%74ags")),
    *(f"restype={each}" for each in ("container", "service", "account", "Container", "")),
    "COMP=tags",
    "comp[]=tags",
    "comp%5B%5D=tags",
    "%63omp=tags",
    "comp",
    "=",
    "versionid=2024-01-01T00:00:00.0000000Z",
    "snapshot=2024-01-01T00:00:00.0000000Z",
    "snapshot=now",
    "deletetype=permanent",
    "prevsnapshot=2024-01-01T00:00:00.0000000Z",
    "blockid=QQ%3D%3D",
    "copyid=x",
    "prefix=a%26comp=tags",
    "include=tags",
    "delimiter=/",
    "timeout=30",
    "__proto__=x",
    "sv=x",
]
HEADERS = [
    ("x-http-method", "DELETE"),
    ("x-http-method-override", "DELETE"),
    ("x-ms-blob-type", "BlockBlob"),
    ("x-ms-blob-type", "AppendBlob"),
    ("x-ms-blob-type", "PageBlob"),
    ("x-ms-blob-type", "blockblob"),
    ("x-ms-blob-content-length", "512"),
    ("x-ms-copy-source", f"https://{HOST}/other/blob"),
    ("x-ms-copy-source", f"https://{HOST}/other/blob?sig=x"),
    ("x-ms-copy-source", "https://elsewhere.blob.core.windows.net/c/b"),
    ("x-ms-requires-sync", "true"),
    ("x-ms-copy-action", "abort"),
    *(("x-ms-lease-action", each) for each in ("acquire", "renew", "break", "release")),
    ("x-ms-lease-id", "id"),
    ("x-ms-page-write", "update"),
    ("x-ms-page-write", "clear"),
    ("x-ms-access-tier", "Hot"),
    ("x-ms-sequence-number-action", "max"),
    ("x-ms-tags", "a=b"),
    ("x-ms-if-tags", "\"a\"='b'"),
    ("x-ms-meta-Name", "value"),
    ("x-ms-blob-public-access", "blob"),
    ("content-length", "3"),
    ("range", "bytes=0-9"),
]


@settings(
    max_examples=600,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "MERGE"]),
    path=st.sampled_from(PATHS),
    query=st.lists(st.sampled_from(QUERIES), max_size=3),
    headers=st.lists(st.sampled_from(HEADERS), max_size=4),
)
def test_whatever_is_asked_azurite_does_what_was_named_or_nothing(
    dispatch: Dispatch, method: str, path: str, query: list[str], headers: list[tuple[str, str]]
) -> None:
    assert_stays_itself(dispatch, method, f"{path}?{'&'.join(query)}", dict(headers))


def assert_stays_itself(
    dispatch: Dispatch, method: str, target: str, headers: dict[str, str]
) -> Named | None:
    """Assert that nothing is forwarded, or that Azurite dispatches it to the operation named."""
    try:
        request = read_request(method, target.replace('"', "%22"), headers.items())
        named = name(request, ACCOUNT, TABLE)
    except StorageError:
        return None
    if named.operation not in FORWARDED:
        return named
    dispatched = dispatch.of(rebuild(granted(named, *ADD)))
    assert dispatched.operation in carried_out_as(named.operation)
    assert (dispatched.container, dispatched.blob) == (named.target.container, named.target.blob)
    return named
