"""Every operation of the table, allowed and denied, at the real Azurite."""

import uuid

import pytest

from sandbox.rbac import Action
from sandbox.storage.actions import ADD, WRITE_OR_ADD
from sandbox.storage.operations import OPERATIONS, Operation
from sandbox.storage.request import Level
from tests.sandbox.storage.harness import Answer, Storage, all_but
from tests.sandbox.storage.requests_of_rows import headers_of, ids, row_id, target_of

# Azurite's own answers to unknown resources, or to a missing body.
FAILS_LATER = {400, 404, 409, 412, 500, 501}
DONE = {200, 201, 202, 204, 206}


def request_of(storage: Storage, row: Operation, container: str) -> tuple[str, dict[str, str]]:
    target = target_of(row, container, "blob").replace('"', "%22").replace(" ", "%20")
    return target, headers_of(row, storage.host, f"{container}/source")


def send(storage: Storage, row: Operation, container: str, who: str) -> Answer:
    target, headers = request_of(storage, row, container)
    return storage.send(row.method, target, who, headers)


@pytest.fixture(scope="module")
def shared(storage: Storage) -> str:
    """A container for requests that do not disturb each other."""
    return made(storage, "rows")


def made(storage: Storage, name: str) -> str:
    storage.send("PUT", f"/{name}?restype=container", "owner")
    for blob in ("blob", "source"):
        storage.send("PUT", f"/{name}/{blob}", "owner", {"x-ms-blob-type": "BlockBlob"}, b"x")
    return name


@pytest.mark.parametrize("row", OPERATIONS, ids=ids())
def test_a_caller_with_every_other_right_is_denied(
    storage: Storage, row: Operation, shared: str
) -> None:
    answer = send(storage, row, shared, all_but(row.actions))
    assert answer.status == 403
    assert answer.code == "AuthorizationPermissionMismatch"
    record = storage.audited()[-1]
    assert (record.outcome, record.operation) == ("denied", row.name)
    assert record.action in {each.name for each in row.actions}
    on_container = record.scope.endswith(f"/containers/{shared}")
    assert on_container is (row.level is not Level.SERVICE)


def alternatives() -> list[tuple[Operation, Action]]:
    return [
        (row, action)
        for row in OPERATIONS
        if "x-ms-copy-source" not in row.when or row.when["x-ms-copy-source"] is None
        for action in row.actions
    ]


@pytest.mark.parametrize(
    ("row", "action"),
    alternatives(),
    ids=[f"{row_id(row)} by {action.name.rsplit('/', 2)[-2:]}" for row, action in alternatives()],
)
def test_a_caller_with_just_one_of_its_actions_is_allowed(
    storage: Storage, row: Operation, action: Action, shared: str
) -> None:
    # Leases and deletions would be felt by the next row.
    harmless = row.method in {"GET", "HEAD"}
    container = shared if harmless else made(storage, f"row-{uuid.uuid4().hex}")
    answer = send(storage, row, container, action.name)
    records = [each for each in storage.audited()[-3:] if each.operation == row.name]
    assert ("allowed", action.name) in {(each.outcome, each.action) for each in records}
    adds = action in ADD and row.actions == WRITE_OR_ADD
    expected = DONE | FAILS_LATER | ({403} if adds else set())
    assert answer.status in expected
    assert answer.code != "AuthorizationPermissionMismatch"
    assert answer.headers["x-ms-request-id"]
    assert answer.headers["Date"]


@pytest.mark.parametrize("row", OPERATIONS, ids=ids())
def test_without_a_token_no_request_is_served(
    storage: Storage, row: Operation, shared: str
) -> None:
    target, headers = request_of(storage, row, shared)
    assert storage.send(row.method, target, None, headers).status == 401
    assert storage.audited()[-1].outcome == "refused"
