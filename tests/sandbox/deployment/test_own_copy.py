"""A changed copy of the project's own deployment has its services, and another has none."""

import json
import shutil
from pathlib import Path

import pytest

from sandbox.deployment import SNAPSHOT, is_own, load, mark_as_own, remember
from sandbox.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copy(SNAPSHOT, tmp_path / "lab.snapshot.json"))


def test_the_committed_snapshot_is_always_ones_own(state: State) -> None:
    assert is_own(state, SNAPSHOT)
    assert is_own(state, SNAPSHOT.parent / "." / SNAPSHOT.name)


def test_another_file_is_ones_own_once_it_is_marked(state: State, copy: Path) -> None:
    assert not is_own(state, copy)
    remember(state, copy)
    assert (load(state).services, load(state).registration) == ((), None)
    mark_as_own(state, copy)
    assert is_own(state, copy)
    found = load(state)
    assert {each.name for each in found.services} == {
        "catalog",
        "gateway",
        "notifier",
        "thumbnailer",
    }
    assert found.registration is not None
    assert not is_own(state, copy.with_name("other.snapshot.json"))


def test_several_files_can_be_ones_own(state: State, copy: Path) -> None:
    other = copy.with_name("compiled.snapshot.json")
    mark_as_own(state, copy, other)
    assert is_own(state, copy)
    assert is_own(state, other)


def test_a_mark_says_nothing_about_the_content(state: State, copy: Path) -> None:
    mark_as_own(state, copy)
    copy.write_text(json.dumps({"predictedResources": [], "diagnostics": []}))
    assert is_own(state, copy)
