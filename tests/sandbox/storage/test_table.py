"""The table of operations says what Microsoft's pages say, and leaves nothing of Azurite's out."""

import re

import pytest

from sandbox.storage.operations import OPERATIONS, Operation
from sandbox.storage.target import Level
from tests.sandbox.storage.judge import BLOB_SERVER
from tests.sandbox.storage.microsofts_table import LINES, NOT_OFFERED
from tests.sandbox.storage.requests_of_rows import ids

PATHS = {Level.SERVICE: "/", Level.CONTAINER: "/c", Level.BLOB: "/c/b"}


@pytest.mark.parametrize("row", OPERATIONS, ids=ids())
def test_a_row_needs_what_microsoft_says(row: Operation) -> None:
    for azurite in row.azurite.split(" or "):
        (line,) = (
            each
            for each in LINES
            if (each.azurite, each.method) == (azurite, row.method)
            and each.kind == frozenset(row.kind.items())
        )
        assert line.path == PATHS[row.level]
        assert line.actions == {each.name for each in row.needs}


def test_rights_on_data_are_data_actions_and_all_others_are_actions() -> None:
    for row in OPERATIONS:
        assert all(need.data is ("/blobs/" in need.name) for need in row.needs)


def test_every_operation_of_azurites_is_in_the_table() -> None:
    artifacts = BLOB_SERVER.parent / "generated/artifacts/operation.js"
    theirs = set(re.findall(r'\["(\w+_\w+)"\] =', artifacts.read_text()))
    ours = {name for row in OPERATIONS for name in row.azurite.split(" or ")}
    assert len(theirs) > 70
    assert theirs == ours | NOT_OFFERED
    assert ours == {each.azurite for each in LINES}
