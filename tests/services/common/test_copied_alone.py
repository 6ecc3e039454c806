"""Each pattern in services/common works when its file is copied out alone, and so does its test."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
COMMON = ROOT / "services" / "common"
TESTS = Path(__file__).parent
PACKAGES = {
    *("azure", "flask", "gunicorn", "jwt", "opentelemetry", "requests", "standardwebhooks"),
    "werkzeug",
}
FILES = sorted(path.name for path in COMMON.glob("*.py"))
# | [file.py](../services/common/file.py) | what it gives | packages | its test also needs | ...
ROW = re.compile(r"\| \[(\w+)\.py\]\(\.\./services/common/\1\.py\) \|[^|]*\|([^|]*)\|([^|]*)\|")
PAGE = (ROOT / "docs/patterns.md").read_text()
ROWS = {name: needed for name, *needed in ROW.findall(PAGE)}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").split(".")[0]


@pytest.mark.parametrize("name", FILES)
def test_a_pattern_imports_packages_and_the_standard_library_alone(name: str) -> None:
    assert set(imported(COMMON / name)) <= PACKAGES | set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", FILES)
def test_a_pattern_does_not_hide_a_module_of_the_standard_library(name: str) -> None:
    assert name == "__init__.py" or name.removesuffix(".py") not in sys.stdlib_module_names


def test_each_pattern_has_a_row_on_its_page() -> None:
    assert sorted(f"{name}.py" for name in ROWS) == [
        each for each in FILES if each != "__init__.py"
    ]


@pytest.mark.parametrize("name", ROWS)
def test_the_page_gives_the_lines_and_the_packages_that_a_pattern_brings(name: str) -> None:
    lines = len((COMMON / f"{name}.py").read_text().splitlines())
    packages = {each.metadata["Name"] for each in closure(quoted(ROWS[name][0]))}
    assert f"| {name}.py | {lines} | {len(packages)} |" in PAGE


@pytest.mark.parametrize("name", ROWS)
def test_a_copied_pattern_passes_its_copied_test_with_the_packages_that_its_row_names(
    name: str, tmp_path: Path
) -> None:
    mine, site = tmp_path / "mine", tmp_path / "site"
    mine.mkdir()
    site.mkdir()
    (mine / "__init__.py").touch()
    shutil.copy(COMMON / f"{name}.py", mine)
    test = (TESTS / f"test_{name}.py").read_text().replace("services.common", "mine")
    (mine / f"test_{name}.py").write_text(test)
    install(["pytest", *quoted("".join(ROWS[name]))], site)
    done = subprocess.run(
        # -S: without the packages of this environment.
        [sys.executable, "-S", "-m", "pytest", "-q", "-p", "no:cacheprovider", "mine"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{site}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout.splitlines()[-1]), done.stdout


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def install(names: list[str], site: Path) -> None:
    """Link the files of these packages, and of all that they require, into a folder."""
    for each in closure(names):
        for file in each.files or ():
            target = site / file
            if ".." not in file.parts and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(str(each.locate_file(file)))


def closure(names: list[str]) -> list[Distribution]:
    """Return the installed packages of these names, and those that they require."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(each) for each in names]
    while waiting:
        wanted = waiting.pop()
        key = f"{wanted.name}{sorted(wanted.extras)}"
        if key in found:
            continue
        try:
            found[key] = distribution(wanted.name)
        except PackageNotFoundError:
            assert wanted.name not in names, f"{wanted.name} is not installed here"
            continue
        extras = [{"extra": extra} for extra in ("", *wanted.extras)]
        for each in map(Requirement, found[key].requires or ()):
            if each.marker is None or any(each.marker.evaluate(extra) for extra in extras):
                waiting.append(each)
    return list(found.values())
