"""Each pattern in services/common works when its file is copied out alone."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMON = Path(__file__).parents[3] / "services" / "common"
PACKAGES = {"azure", "flask", "jwt", "gunicorn", "opentelemetry", "requests", "werkzeug"}
FILES = sorted(path.name for path in COMMON.glob("*.py"))


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
