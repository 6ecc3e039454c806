"""docs/add-a-service.md, followed to the letter in a copy: its blocks are all that is done."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.infra.bicep import needs_bicep

PAGE = PROJECT / "docs" / "add-a-service.md"
AZURITE = Path("sandbox", "storage", "azurite", "node_modules")

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_TESTS = "./keyless test "
_LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", ".keyless", ".tools", "node_modules", "__pycache__", ".*_cache", ".hypothesis"
)


@dataclass(frozen=True)
class Block:
    """One fenced block: a diff, or commands of a shell."""

    language: str
    body: str

    def follow(self, tree: Path) -> None:
        """Apply the diff to `tree`, or run the commands in it."""
        if self.language == "diff":
            run(tree, "git", "apply", "-", given=self.body)
        else:
            # The launcher would make an environment of its own first; this one exists.
            here = self.body.replace(_TESTS, ".venv/bin/python -m pytest -q -p no:cacheprovider ")
            run(tree, "sh", "-euc", here)


def run(tree: Path, *command: str, given: str = "") -> None:
    """Run a command in the copy, as in a new terminal; its output is shown if it fails."""
    done = subprocess.run(
        command,
        input=given,
        cwd=tree,
        env={k: v for k, v in os.environ.items() if not k.startswith(("KEYLESS_", "PYTEST_"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{given}{done.stdout}"


def blocks() -> list[Block]:
    found = _BLOCK.finditer(PAGE.read_text())
    return [Block(each["language"], each["body"]) for each in found]


def diffs() -> list[str]:
    """Return the page's diffs, in its text and in its files."""
    files = sorted(PAGE.with_suffix("").glob("*.diff"))
    inline = [each.body for each in blocks() if each.language == "diff"]
    return [*inline, *(each.read_text() for each in files)]


@pytest.mark.parametrize("diff", diffs())
def test_each_diff_of_the_page_applies_to_the_project_as_it_is(diff: str) -> None:
    run(PROJECT, "git", "apply", "--check", "-", given=diff)


def test_the_page_applies_each_of_its_files() -> None:
    commands = "".join(each.body for each in blocks() if each.language == "sh")
    files = [each.name for each in PAGE.with_suffix("").glob("*.diff")]
    assert [each for each in files if f"docs/add-a-service/{each}" not in commands] == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The project as it is, with this environment."""
    copy = tmp_path / "keyless"
    shutil.copytree(PROJECT, copy, symlinks=True, ignore=_LEFT_BEHIND)
    (copy / ".venv").symlink_to(sys.prefix)
    (copy / AZURITE).symlink_to(PROJECT / AZURITE)
    return copy


@pytest.mark.timeout(900)  # four runs of tests, on a busy machine
@needs_bicep
def test_a_reader_who_follows_the_page_has_a_fifth_service_and_green_tests(tree: Path) -> None:
    found = blocks()
    assert sum(each.body.count(_TESTS) for each in found) == 4
    for each in found:
        assert each.language in {"diff", "sh"}
        each.follow(tree)
    run(tree, ".venv/bin/python", "-m", "ruff", "check", "--no-cache", "services", "tests/access")
    run(tree, ".venv/bin/python", "-m", "ruff", "format", "--no-cache", "--check", "services")
    run(tree, "infra/bicep/snapshot", "--check")
