"""docs/patterns.md has each pattern with its packages; the smallest use runs; names are kept."""

import ast
import re
from importlib import import_module
from inspect import getsource, signature
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from services.common.consumer import Consumer

PAGE = (PROJECT / "docs" / "patterns.md").read_text()
COMMON = PROJECT / "services" / "common"
README = (COMMON / "README.md").read_text()
FILES = sorted(path.name for path in COMMON.glob("*.py") if path.stem != "__init__")

# What a package is called where it is installed from, by the module that is imported.
PACKAGES = {
    "azure.core": set[str](),  # comes with every other package of the SDK
    "azure.identity": {"azure-identity"},
    "azure.keyvault": {"azure-keyvault-secrets"},
    "azure.monitor": {"azure-monitor-opentelemetry"},
    "azure.servicebus": {"azure-servicebus"},
    "azure.storage": {"azure-storage-blob"},
    "flask": {"flask"},
    "gunicorn": {"gunicorn"},
    "jwt": {"pyjwt"},
    "opentelemetry": {"azure-monitor-opentelemetry"},
    "requests": {"requests"},
    "standardwebhooks": {"standardwebhooks"},
    "werkzeug": {"flask"},
}


def imported(path: Path) -> set[str]:
    """Return the packages that a file imports, by the names of their distributions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            found |= next((PACKAGES[each] for each in PACKAGES if _within(name, each)), set())
    return found


def _within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def row(name: str) -> list[str]:
    """Return the cells of a file's row."""
    (line,) = re.findall(rf"^\| \[{re.escape(name)}\].*\|$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("name", FILES)
def test_a_pattern_has_a_row_that_names_its_packages(name: str) -> None:
    named = set(re.findall(r"[a-z][a-z-]*[a-z]", row(name)[2]))
    assert imported(COMMON / name) <= named


def test_the_smallest_use_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    started: list[object] = []

    def start(self: Consumer) -> None:
        started.append(self)

    monkeypatch.setattr(Consumer, "start", start)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    names: dict[str, object] = {"handle": print}
    exec(compile(block, "docs/patterns.md", "exec"), names)  # noqa: S102 - that is the test
    assert started == [names["consumer"]]


# | file.py | `name`, `new` (was old), `Name.member` (was old), `name(argument=)` (was old) |
NAMES = dict(re.findall(r"^\| (\w+)\.py \| (`[A-Za-z].*) \|$", README, re.MULTILINE))
NAME = re.compile(r"`(\w+)(?:\.(\w+))?(?:\((\w+)=\))?`(?: \(was ([\w.]+)\))?")


def defined(path: Path) -> set[str]:
    """Return the public names that a module defines, except its log."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {each.id for each in targets if isinstance(each, ast.Name)}
    return {each for each in found - {"log"} if not each.startswith("_")}


@pytest.mark.parametrize("name", FILES)
def test_each_public_name_is_in_the_readme_and_no_former_one_is_left(name: str) -> None:
    module = import_module(f"services.common.{Path(name).stem}")
    rows = NAME.findall(NAMES[Path(name).stem])
    whole = {owner for owner, member, argument, _ in rows if not member and not argument}
    assert whole == defined(COMMON / name)
    for owner, member, argument, was in rows:
        if argument:
            arguments = signature(getattr(module, owner)).parameters
            assert argument in arguments
            assert was not in arguments
        elif member:
            code = getsource(getattr(module, owner))
            assert f"def {member}(" in code or f"self.{member} =" in code
            assert f"def {was}(" not in code
        else:
            assert was not in defined(COMMON / name)
