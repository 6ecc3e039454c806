"""The deployment on disk: the file of the next start, read as it is or compiled."""

from pathlib import Path

import pytest

from sandbox.deployment import SNAPSHOT, remember
from sandbox.deployment.on_disk import OnDiskError, read_disk
from sandbox.state import State


def test_it_is_the_file_of_the_next_start(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    assert read_disk(state).source == SNAPSHOT
    edited = tmp_path / "edited.snapshot.json"
    edited.write_text("{}")
    remember(state, edited)
    found = read_disk(state)
    assert (found.text, found.bicep) == ("{}", None)
    assert found.request == {"snapshot": "{}", "source": str(edited), "bicep": ""}


def test_another_text_has_another_digest(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    before = read_disk(state)
    edited = tmp_path / "edited.snapshot.json"
    edited.write_text(before.text + "\n")
    remember(state, edited)
    assert read_disk(state).digest != before.digest


def test_a_file_that_has_gone_is_one_sentence(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    remember(state, tmp_path / "gone.snapshot.json")
    with pytest.raises(OnDiskError, match=r"there is no file .*gone\.snapshot\.json"):
        read_disk(state)
