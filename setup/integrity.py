"""Check that packages are complete: in the locked version, with every file."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

# A line for every machine; one with a marker may not apply to this one.
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*\\?$", re.MULTILINE)


def lacking(lock: Path, packages: Path) -> list[str]:
    """Return the problems of the folder `packages` compared with `lock`."""
    found = {_normal(each.name): each for each in distributions(path=[str(packages)])}
    return list(_lacking(lock.read_text("utf-8"), found))


def _lacking(text: str, found: dict[str, Distribution]) -> Iterator[str]:
    for pinned in _PINNED.finditer(text):
        installed = found.get(_normal(pinned["name"]))
        if installed is None:
            yield f"{pinned['name']} is not installed"
        elif installed.version != pinned["version"]:
            yield f"{pinned['name']} has version {installed.version}, not {pinned['version']}"
    for name, each in found.items():
        if broken := broken_file(each):
            yield f"{broken} of {name} is missing or cut short"


def broken_file(distribution: Distribution) -> str:
    """Return the first missing or truncated file of a package; empty if there is none."""
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
    """Normalize: https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()
