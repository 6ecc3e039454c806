"""A state folder is a sandbox's own, and files of ours there keep no sandbox out."""

from pathlib import Path

import pytest

from sandbox.state import LOCAL, State, StateError


def test_a_folder_of_somebody_elses_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(StateError, match=r"are not a sandbox's, such as thesis\.txt"):
        State.open(tmp_path)


def test_whoever_ran_keyless_local_first_can_start_a_sandbox(tmp_path: Path) -> None:
    State.open(tmp_path / LOCAL)
    assert State.open(tmp_path).path("layout").exists()
