"""A copy of the project, in which a test can break things, and its command line."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.state import PROJECT

SNAPSHOT = Path("infra/bicep/sandbox.snapshot.json")
MODULES = Path("sandbox/storage/azurite/node_modules")
TREES = ("bench", "cli", "infra/entra", "infra/rehearsal", "local", "sandbox", "services", "setup")
_LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__")


def copy_project(folder: Path) -> Path:
    """Copy the files of a sandbox into `folder`, which is made; returns the copy's own folder."""
    copy = folder / "project"
    for tree in TREES:
        shutil.copytree(PROJECT / tree, copy / tree, ignore=_LEFT_OUT)
    (copy / SNAPSHOT).parent.mkdir(exist_ok=True)
    shutil.copy(PROJECT / SNAPSHOT, copy / SNAPSHOT)
    (copy / MODULES).symlink_to(PROJECT / MODULES)
    return copy


def remove_resource(project: Path, is_out: Callable[[Any], bool]) -> None:
    """Remove the one resource that `is_out` matches from the snapshot of a copy."""
    content = json.loads((project / SNAPSHOT).read_text())
    resources = content["predictedResources"]
    kept = [each for each in resources if not is_out(each)]
    assert len(kept) == len(resources) - 1
    (project / SNAPSHOT).write_text(json.dumps(content | {"predictedResources": kept}))


def environment(project: Path, **variables: str) -> dict[str, str]:
    """Return the environment for a command of the copy; its state lies beside it."""
    own = {"KEYLESS_STATE": str(project.parent / "state"), "PYTHONPATH": str(project)}
    return {**os.environ, **own, **variables}


def keyless(
    project: Path, *command: str, python: Path = Path(sys.executable), **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command of the copy."""
    return subprocess.run(
        [str(python), "-P", "-m", "cli", *command],
        cwd=project,
        env=environment(project, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
