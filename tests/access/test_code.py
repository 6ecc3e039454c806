"""Each right is used by code, and each call of the code has its right, as a pipeline that ran."""

import time
from collections.abc import Iterator

import pytest

from sandbox.audit import Outcome, Record
from sandbox.state import PROJECT
from tests.access.operations import OPERATIONS
from tests.access.rows import API, TOKEN, Row
from tests.access.scopes import scope_of
from tests.access.table import TABLE
from tests.access.traffic import put_through
from tests.conftest import Running, up

ROWS = tuple(row for row in TABLE if row.code)
_PATIENCE = 100.0


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of its own: other tests use the identities as no service does."""
    with up(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


@pytest.fixture(scope="module")
def services(sandbox: Running) -> set[str]:
    """The names of the deployed services; each has an identity of its own name."""
    return {each.name for each in sandbox.deployment.apps}


@pytest.fixture(scope="module")
def audit(sandbox: Running, services: set[str]) -> list[Record]:
    """Everything the services did from their start until this deployment's traffic was through.

    Late subscribers finish after that, and telemetry is sent seconds later.
    """
    put_through(sandbox)
    deadline = time.monotonic() + _PATIENCE
    while _granted(sandbox, services) - _used(sandbox.audit()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [each for each in sandbox.audit() if each.identity in services]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_code_that_a_row_names_is_there(row: Row) -> None:
    file, _, call = row.code.partition(": ")
    assert call in (PROJECT / file).read_text()


def test_no_call_of_the_services_is_without_a_row(sandbox: Running, audit: list[Record]) -> None:
    assert [each for each in audit if each.outcome is Outcome.DENIED] == []
    known = {key for row in TABLE if row.allowed for key in _keys(sandbox, row)}
    used = {_key(each) for each in audit if each.outcome is Outcome.ALLOWED}
    assert used - known == set()


def test_no_right_of_the_services_is_without_use(
    sandbox: Running, services: set[str], audit: list[Record]
) -> None:
    assert _granted(sandbox, services) - _used(audit) == set()


def test_each_row_with_code_was_done(
    sandbox: Running, services: set[str], audit: list[Record]
) -> None:
    used = {_key(each) for each in audit if each.outcome is Outcome.ALLOWED}
    idle = [
        str(row)
        for row in ROWS
        if row.who in services and row.on != API and not used & set(_keys(sandbox, row))
    ]
    assert idle == []


def _granted(sandbox: Running, services: set[str]) -> set[tuple[str, str]]:
    deployment = sandbox.deployment
    names = {each.principal_id: each.name for each in deployment.principals}
    return {
        (names[each.principal_id], each.scope)
        for each in deployment.assignments
        if names[each.principal_id] in services
    }


def _used(audit: list[Record]) -> set[tuple[str, str]]:
    return {(each.identity, each.scope) for each in audit if each.outcome is Outcome.ALLOWED}


def _keys(sandbox: Running, row: Row) -> list[tuple[str, str, str]]:
    if row.on in {API, TOKEN}:  # app roles and tokens are no assignments
        return []
    scope = scope_of(sandbox.deployment, row.on)
    actions = (row.operation,) if row.by_decision else OPERATIONS[row.operation].actions
    return [(row.who, action, scope) for action in actions]


def _key(record: Record) -> tuple[str, str, str]:
    return record.identity, record.action, record.scope
