"""Checks that packages are installed whole: in the locked version, with every file."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

# A line that names a package for every machine; one with a marker may not be meant for this one.
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*\\?$", re.MULTILINE)


def lacking(lock: Path, packages: Path) -> list[str]:
    """Name what the folder `packages` lacks of `lock`; empty if it lacks nothing."""
    found = {_normal(each.name): each for each in distributions(path=[str(packages)])}
    return list(_lacking(lock.read_text("utf-8"), found))


def _lacking(text: str, found: dict[str, Distribution]) -> Iterator[str]:
    for pinned in _PINNED.finditer(text):
        installed = found.get(_normal(pinned["name"]))
        if installed is None:
            yield f"{pinned['name']} is not there"
        elif installed.version != pinned["version"]:
            yield f"{pinned['name']} is of version {installed.version}, not {pinned['version']}"
    for name, each in found.items():
        if broken := broken_file(each):
            yield f"{broken} of {name} is missing or cut short"


def broken_file(distribution: Distribution) -> str:
    """The first file of a package that is missing or cut short; empty if each is whole."""
    return next(_broken_files(distribution), "")


def _broken_files(distribution: Distribution) -> Iterator[str]:
    for each in distribution.files or ():
        # Python itself writes its bytecode, and may rewrite it.
        if each.suffix == ".pyc":
            continue
        try:
            size = Path(str(distribution.locate_file(each))).stat().st_size
        except OSError:
            yield str(each)
            continue
        if each.size is not None and size != each.size:
            yield str(each)


def _normal(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()
