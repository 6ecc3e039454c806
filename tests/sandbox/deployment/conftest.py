"""The committed snapshot as a deployment, and copies of it to break."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import SNAPSHOT, Deployment, load
from sandbox.state import State

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="session")
def committed() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(SNAPSHOT.read_text())
    return content


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


@pytest.fixture
def changed(committed: dict[str, Any], tmp_path: Path) -> Callable[[Change], Path]:
    """Writes a copy of the committed snapshot with one change."""

    def write(change: Change) -> Path:
        content = copy.deepcopy(committed)
        change(content)
        path = tmp_path / "changed.snapshot.json"
        path.write_text(json.dumps(content))
        return path

    return write
