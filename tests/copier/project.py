"""A copier's project: a copy of ours with other services, another Bicep and another table.

`tree` holds the copier's own files: an intake that takes PDFs, a reader that reads them and signs
a callback; one container, one queue, one secret; and no name of ours.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.deployment import Deployment, load
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, running

TREE = Path(__file__).with_name("tree")
AZURITE = Path("sandbox", "storage", "azurite", "node_modules")
OURS = ("gateway", "thumbnailer", "catalog", "notifier")

_LEFT_BEHIND = shutil.ignore_patterns(
    *(".git", ".venv", ".keyless", ".tools", "node_modules", "__pycache__", ".*_cache"),
    *(".hypothesis", "pictures", "copier"),
)


@dataclass(frozen=True)
class Project:
    """The copy at `root`, and the folder that its sandbox keeps its state in."""

    root: Path
    state: State

    @classmethod
    def made(cls, folder: Path) -> "Project":
        """Make the copy below `folder`, with this environment."""
        root = folder / "papers"
        shutil.copytree(PROJECT, root, symlinks=True, ignore=_LEFT_BEHIND)
        (root / ".venv").symlink_to(sys.prefix)
        (root / AZURITE).symlink_to((PROJECT / AZURITE).resolve())
        for service in OURS:
            shutil.rmtree(root / "services" / service)
        bicep = root / "infra" / "bicep"
        shutil.rmtree(bicep)
        bicep.mkdir()
        for name in ("snapshot", "bicepconfig.json"):
            shutil.copy2(PROJECT / "infra" / "bicep" / name, bicep)
        shutil.copytree(TREE, root, dirs_exist_ok=True)
        return cls(root, State.open(folder / "state"))

    @property
    def report(self) -> Report:
        report = running(self.state)
        assert report is not None, "the sandbox has ended"
        return report

    @property
    def deployment(self) -> Deployment:
        return load(self.state, self.root / "infra" / "bicep" / "sandbox.snapshot.json")

    def keyless(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `./keyless`, as in a new terminal."""
        return self.python("-m", "cli", *arguments)

    def python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        own = {k: v for k, v in os.environ.items() if not k.startswith(("KEYLESS_", "PYTEST_"))}
        return subprocess.run(
            [str(self.root / ".venv" / "bin" / "python"), *arguments],
            cwd=self.root,
            env={**own, "KEYLESS_STATE": str(self.state.root), "KEYLESS_WAIT": "110"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
