"""A state folder is a sandbox's own, and files of ours there keep no sandbox out."""

from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.state import LOCAL, State, StateError


def test_a_folder_of_somebody_elses_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StateError, match=r"are not a sandbox's, such as thesis\.txt"):
        State.open(tmp_path)


def test_files_are_restored_if_a_block_fails_and_kept_if_it_does_not(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    state.write("old", b"before")
    with suppress(OSError), state.all_or_nothing("old", "new"):
        state.write("old", b"after")
        state.write("new", b"after")
        raise OSError("full")
    assert state.path("old").read_bytes() == b"before"
    assert not state.path("new").exists()
    with state.all_or_nothing("old", "new"):
        state.write("old", b"after")
        state.write("new", b"after")
    assert {each.name for each in tmp_path.iterdir()} == {"layout", "old", "new"}


def test_whoever_ran_keyless_local_first_can_start_a_sandbox(tmp_path: Path) -> None:
    State.open(tmp_path / LOCAL)
    assert State.open(tmp_path).path("layout").exists()
