"""Stamps that record each step's result, to check at every start that it is still valid.

A stamp is removed before its step starts, and written once the step's result is installed and
works. Every start compares it with the files, so it must be quick.
"""

import json
import os
import sys
from binascii import crc32
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from setup.paths import AZURITE_LOCK, MAIN, MODULES, OWN_FOLDER, PACKAGES, VENV, lock

Stamp = Mapping[str, Any]

VENV_STAMP = "venv"
AZURITE_STAMP = "azurite"
# The packages to run everything, and those with what tests and checks need besides.
RUN, DEV = "run", "dev"


def all_hold(packages: str) -> bool:
    """Return whether a command has everything it needs; `packages` is RUN or DEV."""
    return venv_holds() and (packages_hold(DEV) or packages_hold(packages)) and azurite_holds()


def venv_holds() -> bool:
    """Return whether this process runs in the environment, with the Python of its stamp."""
    return is_inside() and read(VENV_STAMP) == venv_stamp()


def is_inside() -> bool:
    """Return whether this process runs in the environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV)


def packages_hold(name: str) -> bool:
    """Return whether the packages of a lock file are installed and none is missing."""
    stamp = read(name)
    return stamp.get("lock") == checksum(lock(name)) and _are_there(stamp, _names_in(PACKAGES))


def azurite_holds() -> bool:
    """Return whether Azurite matches its lock file and was tested with the current Node.js."""
    stamp = read(AZURITE_STAMP)
    node = stamp.get("node", {})
    same = stamp.get("lock") == checksum(AZURITE_LOCK) and MAIN.is_file()
    tried = bool(node) and node == _program_stamp(node["path"])
    return same and tried and _are_there(stamp, _names_in(MODULES))


def venv_stamp() -> Stamp:
    """Return the stamp of an environment: its Python version, machine type and path."""
    return {
        "python": sys.implementation.cache_tag,
        "machine": f"{sys.platform} {os.uname().machine}",
        "place": os.path.realpath(VENV),
    }


def packages_stamp(name: str) -> Stamp:
    """Return the stamp of the installed packages of a lock file."""
    return {"lock": checksum(lock(name)), "there": sorted(_names_in(PACKAGES))}


def azurite_stamp(node: str) -> Stamp:
    """Return the stamp of the installed Azurite and the Node.js that ran it."""
    there = sorted(_names_in(MODULES))
    return {"lock": checksum(AZURITE_LOCK), "there": there, "node": _program_stamp(node)}


def _program_stamp(path: str) -> Stamp:
    """Return the stamp of a program's file; empty without a file."""
    with suppress(OSError):
        found = os.stat(path)
        return {"path": path, "size": found.st_size, "changed": found.st_mtime_ns}
    return {}


def checksum(path: Path) -> str:
    """Return a checksum of a lock file. Raises OSError."""
    content = path.read_bytes()
    return f"{crc32(content)} {len(content)}"


def _names_in(folder: Path) -> set[str]:
    """Return the package names in a folder, with npm's scopes; none without a folder."""
    found: set[str] = set()
    with suppress(OSError):
        for name in os.listdir(folder):
            below = os.listdir(folder / name) if name.startswith("@") else ()
            found.update((f"{name}/{each}" for each in below) if below else (name,))
    # Python and npm create these at any time.
    return found - {"__pycache__", ".bin"}


def read(name: str) -> Stamp:
    """Return a stamp; empty if there is none."""
    with suppress(OSError, ValueError):
        found = json.loads(_file(name).read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def write(name: str, stamp: Stamp) -> None:
    """Write a stamp atomically. Raises OSError."""
    draft = OWN_FOLDER / f"{name}.draft"
    draft.write_text(json.dumps(stamp, indent=1), "utf-8")
    draft.replace(_file(name))


def remove(*names: str) -> None:
    """Remove stamps. Raises OSError."""
    for name in names:
        _file(name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    return OWN_FOLDER / f"{name}.json"


def _are_there(stamp: Stamp, names: Collection[str]) -> bool:
    there = stamp.get("there")
    return isinstance(there, list) and set(there) <= set(names)
