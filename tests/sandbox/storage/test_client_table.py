"""The tables of docs/blob-clients.md are of the SDK as it is, and the sandbox does as they say."""

import pytest

from sandbox.storage.operations import OPERATIONS
from tests.sandbox.storage.client_table import (
    ELSEWHERE,
    METHODS,
    PAGE,
    REFUSED,
    TAKEN,
    Refused,
    methods,
    options,
    with_tables,
)
from tests.sandbox.storage.harness import Storage


def test_the_page_has_the_tables() -> None:
    expected = "run python -m tests.sandbox.storage.client_table"
    assert PAGE.read_text() == with_tables(PAGE.read_text()), expected


def test_each_method_of_the_sdk_is_known_by_its_operations() -> None:
    assert set(methods()) == METHODS.keys()
    asked = {name for each in METHODS.values() for name in each}
    assert asked <= {each.name for each in OPERATIONS}


def test_each_option_of_the_sdk_is_known_as_taken_or_refused() -> None:
    assert options() == {*TAKEN, *REFUSED, *ELSEWHERE}
    assert not TAKEN & (REFUSED.keys() | ELSEWHERE.keys())


@pytest.mark.parametrize("option", REFUSED)
def test_a_refused_option_is_answered_with_the_error_of_its_row(
    storage: Storage, option: str
) -> None:
    row: Refused = REFUSED[option]
    put = {"x-ms-blob-type": "BlockBlob"}
    assert storage.send("PUT", "/scratch/option", "owner", put, b"kept").status == 201
    of_a_blob = put if row.method == "PUT" and "restype" not in row.target else {}
    answer = storage.send(row.method, row.target, "owner", {**of_a_blob, **row.headers})
    assert (answer.status, answer.code) == (row.status, row.code)
    assert storage.audited()[-1].outcome == "refused"
    assert storage.send("GET", "/scratch/option", "owner").body == b"kept"
