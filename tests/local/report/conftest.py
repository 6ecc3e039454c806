"""The stand-in for the Azure CLI, first on the PATH."""

from pathlib import Path

import pytest

from local.report.control_plane import ControlPlane
from tests.local.report.azure import AzureCli, stand_in
from tests.local.report.world import GROUP, SUBSCRIPTION


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AzureCli:
    found = stand_in(tmp_path / "az")
    monkeypatch.setenv("PATH", found.path)
    return found


@pytest.fixture
def azure() -> ControlPlane:
    return ControlPlane(SUBSCRIPTION, GROUP)
