"""The check of a lab's own: the functions of its check.py."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from cli.lab.course import CourseError
from cli.lab.run import Finding, Run, WorkError

Check = Callable[[Run], Iterator[Finding]]


def findings(path: Path, run: Run) -> Iterator[Finding]:
    """Yield the findings of the check at `path`; a learner's broken file is one of them.

    Raises CourseError for a file that is no check.
    """
    try:
        yield from _check(path)(run)
    except WorkError as error:
        yield Finding("", "your files", str(error))


def prepare(path: Path, run: Run) -> None:
    """Complete the start of a lab by the function `prepare`, if the check at `path` has one.

    Raises CourseError for a file that is no check.
    """
    found = getattr(_module(path), "prepare", None)
    if callable(found):
        found(run)


def _check(path: Path) -> Check:
    found = getattr(_module(path), "check", None)
    if not callable(found):
        raise CourseError(f"{path} has no function check(run)")
    check: Check = found
    return check


def _module(path: Path) -> ModuleType:
    """Import a file, whose folder's name is none that Python imports."""
    spec = importlib.util.spec_from_file_location(f"lab_{path.parent.name[:2]}_check", path)
    if spec is None or spec.loader is None:
        raise CourseError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
