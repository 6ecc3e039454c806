"""The ledger of attacks is true: each test and each guard exists, and each guard matters.

`KEYLESS_GUARDS=all` takes out one guard after the other, in a copy of the tree, and sees its test
fail; otherwise that is done to one.
"""

import ast
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.attacks.attack import Attack
from tests.attacks.confusions import LEDGER

ONE = "double encoding"
ALL = os.environ.get("KEYLESS_GUARDS") == "all"
TREES = ("bench", "cli", "infra", "local", "sandbox", "services", "tests")
AZURITE = Path("sandbox/storage/azurite/node_modules")


@pytest.mark.parametrize("held", LEDGER, ids=lambda held: held.attack)
def test_an_attack_has_its_test_and_its_guard(held: Attack) -> None:
    file, _, names = held.test.partition("::")
    name = names.partition("[")[0].rpartition("::")[2]
    assert name in functions(PROJECT / file)
    text = (PROJECT / held.file).read_text()
    assert text.count(held.guard) == 1, "the guard is missing, or stands twice"
    ast.parse(text.replace(held.guard, held.without))


def test_no_attack_is_told_twice() -> None:
    assert len({each.attack for each in LEDGER}) == len(LEDGER)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "held", [each for each in LEDGER if ALL or each.attack == ONE], ids=lambda held: held.attack
)
def test_without_its_guard_an_attack_succeeds(held: Attack, copy: Path) -> None:
    file = copy / held.file
    kept = file.read_text()
    file.write_text(kept.replace(held.guard, held.without))
    try:
        ended, output = run(copy, held.test)
    finally:
        file.write_text(kept)
    assert ended == pytest.ExitCode.TESTS_FAILED, output


@cache
def functions(file: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef)
    }


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project whose guards can be removed, with the same Azurite."""
    copy = tmp_path_factory.mktemp("copy")
    for each in TREES:
        shutil.copytree(
            PROJECT / each,
            copy / each,
            ignore=shutil.ignore_patterns("node_modules", "__pycache__"),
        )
    shutil.copy(PROJECT / "pyproject.toml", copy)
    (copy / AZURITE).symlink_to((PROJECT / AZURITE).resolve())
    return copy


def run(tree: Path, test: str) -> tuple[int, str]:
    """Return pytest's exit status and its output."""
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-x", test]
    ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout[-3000:]
