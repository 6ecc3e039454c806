"""The copier's Bicep, by our tools as they are."""

import os
import subprocess

import pytest

from tests.copier.project import Project
from tests.infra.bicep import needs_bicep

pytestmark = needs_bicep


def test_the_snapshot_tool_finds_the_copiers_bicep_clean_and_its_snapshot_fresh(
    project: Project,
) -> None:
    tool = str(project.root / "infra" / "bicep" / "snapshot")
    done = subprocess.run(
        [tool, "--check"], env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(300)
def test_the_copiers_deployment_is_rehearsed(project: Project) -> None:
    done = project.keyless("rehearse")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "main.bicep (28 resources)" in done.stdout
