"""The table of operations agrees with Microsoft's pages, and has every operation of Azurite's."""

import re

import pytest

from sandbox.storage.operations import OPERATIONS, Operation
from tests.sandbox.storage.dispatch import BLOB_SERVER
from tests.sandbox.storage.microsofts_table import LINES, NOT_OFFERED
from tests.sandbox.storage.requests_of_rows import PATHS, azurites_of, ids


@pytest.mark.parametrize("row", OPERATIONS, ids=ids())
def test_a_row_needs_what_microsoft_says(row: Operation) -> None:
    assert azurites_of(row)
    for azurite in azurites_of(row):
        (line,) = (
            each
            for each in LINES
            if (each.azurite, each.method) == (azurite, row.method)
            and each.kind == frozenset(row.kind.items())
        )
        assert line.path == PATHS[row.level]
        assert line.actions == {each.name for each in row.actions}


def test_rights_on_data_are_data_actions_and_all_others_are_actions() -> None:
    for row in OPERATIONS:
        assert all(action.data is ("/blobs/" in action.name) for action in row.actions)


def test_every_operation_of_azurites_is_in_the_table() -> None:
    artifacts = BLOB_SERVER.parent / "generated/artifacts/operation.js"
    theirs = set(re.findall(r'\["(\w+_\w+)"\] =', artifacts.read_text()))
    ours = {name for row in OPERATIONS for name in azurites_of(row)}
    assert len(theirs) > 70
    assert theirs == ours | NOT_OFFERED
    assert ours == {each.azurite for each in LINES}
