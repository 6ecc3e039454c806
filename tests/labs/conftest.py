"""The sandboxes of the labs, which this process starts, as forks of one that has imported all."""

import pytest

from cli import lifecycle
from tests.conftest import COMMANDS


@pytest.fixture(autouse=True)
def _quick_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_spawned", COMMANDS.start_sandbox)
