"""Stamps of what was set up, which tell whether it is still there.

A stamp is taken away before the step that it stands for begins, and written once what the step
makes is there and answers. It is compared with what is there at every start, so it must be quick.
"""

import json
import os
import sys
from binascii import crc32
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from setup.places import AZURITE_LOCK, KEPT, MAIN, MODULES, PACKAGES, VENV, lock

Stamp = Mapping[str, Any]

VENV_STAMP = "venv"
AZURITE_STAMP = "azurite"
# The packages to run everything, and those with what tests and checks need besides.
RUN, DEV = "run", "dev"


def all_hold(packages: str) -> bool:
    """Tell whether a command has everything that it needs; `packages` is RUN or DEV."""
    return venv_holds() and (packages_hold(DEV) or packages_hold(packages)) and azurite_holds()


def venv_holds() -> bool:
    """Tell whether this process runs in the environment, and by the Python that it was made of."""
    inside = os.path.realpath(sys.prefix) == os.path.realpath(VENV)
    return inside and read(VENV_STAMP) == venv_stamp()


def packages_hold(name: str) -> bool:
    """Tell whether the packages of one lock file are installed, and none has been taken away."""
    stamp = read(name)
    return stamp.get("lock") == checksum(lock(name)) and _are_there(stamp, names_in(PACKAGES))


def azurite_holds() -> bool:
    """Tell whether Azurite is as its lock file says, and was tried with the node that is there."""
    stamp = read(AZURITE_STAMP)
    node = stamp.get("node", {})
    same = stamp.get("lock") == checksum(AZURITE_LOCK) and MAIN.is_file()
    tried = bool(node) and node == program_stamp(node["path"])
    return same and tried and _are_there(stamp, names_in(MODULES))


def venv_stamp() -> Stamp:
    """Return what an environment is made for: a version of Python, a kind of machine, a place."""
    return {
        "python": sys.implementation.cache_tag,
        "machine": f"{sys.platform} {os.uname().machine}",
        "place": os.path.realpath(VENV),
    }


def packages_stamp(name: str) -> Stamp:
    """The packages of one lock file, as they are there now."""
    return {"lock": checksum(lock(name)), "there": sorted(names_in(PACKAGES))}


def azurite_stamp(node: str) -> Stamp:
    """Azurite as it is there now, and the node that ran it."""
    there = sorted(names_in(MODULES))
    return {"lock": checksum(AZURITE_LOCK), "there": there, "node": program_stamp(node)}


def program_stamp(path: str) -> Stamp:
    """A program's file, as one can tell it from another of the same name; empty without one."""
    with suppress(OSError):
        found = os.stat(path)
        return {"path": path, "size": found.st_size, "changed": found.st_mtime_ns}
    return {}


def checksum(path: Path) -> str:
    """Return a checksum of a lock file. Raises OSError."""
    content = path.read_bytes()
    return f"{crc32(content)} {len(content)}"


def names_in(folder: Path) -> set[str]:
    """The names in a folder of packages, those below npm's scopes with theirs; none without one."""
    found: set[str] = set()
    with suppress(OSError):
        for name in os.listdir(folder):
            below = os.listdir(folder / name) if name.startswith("@") else ()
            found.update((f"{name}/{each}" for each in below) if below else (name,))
    # Python makes the one, npm the other, as they like.
    return found - {"__pycache__", ".bin"}


def read(name: str) -> Stamp:
    """A stamp, empty if there is none."""
    with suppress(OSError, ValueError):
        found = json.loads(_file(name).read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def write(name: str, stamp: Stamp) -> None:
    """Write a stamp, whole or not at all. Raises OSError."""
    draft = KEPT / f"{name}.draft"
    draft.write_text(json.dumps(stamp, indent=1), "utf-8")
    draft.replace(_file(name))


def remove(*names: str) -> None:
    """Take stamps away. Raises OSError."""
    for name in names:
        _file(name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    return KEPT / f"{name}.json"


def _are_there(stamp: Stamp, names: Collection[str]) -> bool:
    there = stamp.get("there")
    return isinstance(there, list) and set(there) <= set(names)
