"""Each of Azure's recorded kinds of answer, asked of Key Vault in the sandbox."""

from collections.abc import Iterator, Mapping

import pytest

from tests.access.harness import Harness
from tests.recorded.comparison import json_of, seen
from tests.recorded.conftest import Compare
from tests.recorded.vault.place import Place
from tests.recorded.vault.rows import ROWS, Asked

pytestmark = pytest.mark.recorded
KNOWN: Mapping[str, str] = {}


@pytest.fixture
def place(harness: Harness) -> Iterator[Place]:
    [vault] = harness.endpoints.planes.vaults.values()
    store = vault._store
    as_deployed = store.vault
    yield Place(harness)
    store.vault = as_deployed


@pytest.mark.parametrize("each", ROWS, ids=lambda each: each.row.name)
def test_the_answer_is_of_the_recorded_kind(each: Asked, place: Place, compare: Compare) -> None:
    for step in each.given:
        step(place)
    answer = place.ask(each.method, each.path, each.body, each.who)
    error = (json_of(answer) or {}).get("error", {})
    codes = (error.get("code", ""), error.get("innererror", {}).get("code", ""))
    compare("Key Vault", each.row, seen(answer, "/".join(filter(None, codes))), KNOWN)


def test_no_row_stands_twice_and_no_difference_is_of_no_row() -> None:
    names = {each.row.name for each in ROWS}
    assert len(names) == len(ROWS)
    assert names.issuperset(KNOWN)
