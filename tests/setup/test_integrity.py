"""Packages are complete, or the incomplete one is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from setup.integrity import lacking
from tests.faults.clones import lock_of, wheel


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    found = wheel(tmp_path, "tiny")
    (tmp_path / "lock.txt").write_text(lock_of(found))
    (tmp_path / "packages").mkdir()
    unpack = [sys.executable, "-m", "zipfile", "-e", str(found), str(tmp_path / "packages")]
    subprocess.run(unpack, check=True)
    return tmp_path / "lock.txt"


@pytest.fixture
def packages(lock: Path) -> Path:
    return lock.with_name("packages")


def test_what_is_whole_lacks_nothing(lock: Path, packages: Path) -> None:
    assert lacking(lock, packages) == []


def test_a_file_that_is_lost_or_cut_is_named(lock: Path, packages: Path) -> None:
    (packages / "tiny.py").write_text("x =")
    assert lacking(lock, packages) == ["tiny.py of tiny is missing or cut short"]
    (packages / "tiny.py").unlink()
    assert lacking(lock, packages) == ["tiny.py of tiny is missing or cut short"]


def test_bytecode_is_pythons_own_affair(lock: Path, packages: Path) -> None:
    record = packages / "tiny-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + "__pycache__/tiny.cpython-311.pyc,,\n")
    assert lacking(lock, packages) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("other==2.0 \\\n", ["other is not installed"]),
        ("tiny==2.0 \\\n", ["tiny has version 1.0, not 2.0"]),
        ("Tiny==1.0\n", []),
        ("other==2.0 ; sys_platform == 'win32' \\\n", []),
    ],
)
def test_what_a_lock_names_is_there_in_its_version(
    lock: Path, packages: Path, line: str, said: list[str]
) -> None:
    lock.write_text(f"# a comment\n{line}    --hash=sha256:00\n    # via other==3.0\n")
    assert lacking(lock, packages) == said
