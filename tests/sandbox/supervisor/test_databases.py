"""Each vault and each namespace has a file of its own, and keeps it."""

from pathlib import Path

import pytest

from sandbox.state import State
from sandbox.supervisor.databases import database


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path)


def test_the_first_has_the_plain_name_and_others_have_their_own(state: State) -> None:
    names = [database(state, "vault", each).name for each in ("kv-a", "kv-b", "kv-a")]
    assert names == ["vault.db", "vault-kv-b.db", "vault.db"]
    assert database(state, "bus", "sb-a") == state.path("bus.db")


def test_a_file_stays_with_its_resource_when_an_earlier_one_is_removed(state: State) -> None:
    database(state, "vault", "kv-a")
    before = database(state, "vault", "kv-b")
    assert database(State.open(state.root), "vault", "kv-b") == before
    assert database(state, "vault", "kv-c").name == "vault-kv-c.db"


@pytest.mark.parametrize("text", ["[", "[]", "null1"])
def test_a_broken_list_is_named_with_the_recovery(state: State, text: str) -> None:
    state.path("databases.json").write_text(text)
    with pytest.raises(ValueError, match=r"databases.json is broken: .*; move it away to continue"):
        database(state, "vault", "kv-a")
