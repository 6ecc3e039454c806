"""docs/test-with-it.md leads from an empty folder to tests that pass, as a reader follows it."""

import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.infra.bicep import PROGRAM, needs_bicep

PAGE = (PROJECT / "docs" / "test-with-it.md").read_text()
FILES = {"bicep": "main.bicep", "ini": "pytest.ini", "python": "test_rights.py"}
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
# The last one is for a checkout: it measures.
INSTALL, COMPILE, TEST, RUN, _ = (body for language, body in BLOCKS if language == "sh")
APP = """
from test_rights import order
order("3").upload_blob(b"four lamps")
print("stored")
"""
CHECKOUT = "../keyless/sandbox"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder beside no checkout, and a cache that holds nothing."""
    made = tmp_path / "orders"
    made.mkdir()
    return made


def pips_cache(own: Mapping[str, str]) -> str:
    """Return the cache that pip would use: it holds the packages that take long to compile."""
    cache = own.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return own.get("PIP_CACHE_DIR") or os.path.join(cache, "pip")


def typed(commands: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run commands of the page as a user's shell, with the machine's registries."""
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    if not (programs / "bicep").exists():
        (programs / "bicep").symlink_to(str(PROGRAM))
    ours = {name for name in os.environ if name.startswith(("KEYLESS_", "PYTHON", "PYTEST_"))}
    own = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        ["sh", "-e"],
        input=commands,
        cwd=folder,
        env={
            **own,
            "PATH": f"{programs}{os.pathsep}{own['PATH']}",
            "XDG_CACHE_HOME": str(folder.parent / "cache"),
            "PIP_CACHE_DIR": pips_cache(own),
            "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@needs_bicep
@pytest.mark.timeout(1200)
def test_a_reader_of_the_page_gets_three_passing_tests(folder: Path) -> None:
    for language, body in BLOCKS:
        if language in FILES:
            (folder / FILES[language]).write_text(body)
    for commands in (INSTALL.replace(CHECKOUT, str(PROJECT / "sandbox")), COMPILE):
        done = typed(commands, folder)
        assert done.returncode == 0, done.stdout

    first, seconds = _timed(folder)
    assert "3 passed" in first, first
    assert "fetching Azurite" in first
    second, fewer_seconds = _timed(folder)
    assert "3 passed" in second, second
    assert "keyless: " not in second
    print(f"the first run took {seconds:.1f} s, the second {fewer_seconds:.1f} s")

    (folder / "app.py").write_text(APP)
    run = typed(RUN, folder)
    assert run.stdout == "stored\n", run.stdout

    template = folder / "main.bicep"
    template.write_text(template.read_text().replace(READER, CONTRIBUTOR))
    wider = typed(f"{TEST.rstrip()} --keyless-snapshot main.bicepparam", folder).stdout
    assert "1 failed, 2 passed" in wider, wider
    assert "AssertionError: expected worker's blobs/write to be denied" in wider


def _timed(folder: Path) -> tuple[str, float]:
    begun = time.monotonic()
    done = typed(TEST, folder)
    return done.stdout, time.monotonic() - begun
