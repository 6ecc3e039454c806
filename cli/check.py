"""`keyless check` and `keyless test`: the static checks, and the tests."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import USAGE, err, fail, out
from sandbox.state import PROJECT

_TOOLS = Path(sys.executable).parent
_WORKFLOWS = sorted(map(str, (PROJECT / ".github" / "workflows").glob("*.yml")))
_CHECKS: Sequence[tuple[str, Sequence[str]]] = (
    ("format", (str(_TOOLS / "ruff"), "format", "--check", "--quiet", ".")),
    ("lint", (str(_TOOLS / "ruff"), "check", "--quiet", ".")),
    ("types", (str(_TOOLS / "mypy"),)),
    ("lab-types", (sys.executable, "-m", "tests.lab_types")),
    ("imports", (str(_TOOLS / "lint-imports"), "--no-cache")),
    ("workflows", (str(_TOOLS / "actionlint"), *_WORKFLOWS)),
    ("workflow-rights", (str(_TOOLS / "zizmor"), "--offline", "--quiet", *_WORKFLOWS)),
    ("keys", (sys.executable, "-m", "tests.keys")),
    ("infrastructure", (str(PROJECT / "infra" / "bicep" / "snapshot"), "--check")),
    ("rehearsal", (sys.executable, "-m", "cli", "rehearse")),
)
_NEED_BICEP = {"infrastructure", "rehearsal"}

# Most tests wait for a process, so four workers share two cores well. A file stays with one
# worker, so that its fixtures start once. tests/conftest.py puts the slow files first.
_AT_ONCE = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")


def check(
    no_skips: Annotated[
        bool, typer.Option("--no-skips", help="Fail, instead of skipping, without a Bicep CLI.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="Run one check alone, such as keys. Repeatable."
        ),
    ] = None,
) -> None:
    """Check format, lint, types, imports, workflows and keys; and the Bicep, given its CLI."""
    _refuse_in_an_image("check")
    checks = _chosen(only or ())
    failed = [name for name, command in checks if not _passes(name, command, no_skips)]
    if failed:
        fail(f"{', '.join(failed)} failed.", status=1)


def _chosen(only: Collection[str]) -> list[tuple[str, Sequence[str]]]:
    """Return the checks that `only` names, or all; end the command for an unknown name."""
    names = [name for name, _ in _CHECKS]
    for each in only:
        if each not in names:
            fail(f"no check is called {each!r}; choose from {', '.join(names)}", USAGE)
    return [each for each in _CHECKS if not only or each[0] in only]


def _refuse_in_an_image(command: str) -> None:
    """End a command that needs the whole project, of which an image holds only a part."""
    if not (PROJECT / "tests").is_dir():
        fail(f"{command} needs the whole project; run ./keyless {command} in a clone of it")


def _passes(name: str, command: Sequence[str], no_skips: bool) -> bool:
    has_bicep = shutil.which(os.environ.get("BICEP", "bicep")) is not None
    if name in _NEED_BICEP and not has_bicep and not no_skips:
        out.print(f"[yellow]-[/] {name:<16}skipped: no Bicep CLI on PATH or in BICEP")
        return True
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    seconds = time.monotonic() - begun
    mark = "[green]✓[/]" if done.returncode == 0 else "[bold red]✗[/]"
    out.print(f"{mark} {name:<16}{seconds:5.1f} s")
    if done.returncode:
        err.print(done.stdout + done.stderr, markup=False)
    return done.returncode == 0


def test(context: typer.Context) -> None:
    """Run all tests, or those that pytest's arguments select."""
    _refuse_in_an_image("test")
    chosen = any(not each.startswith("-") for each in context.args)
    workers = () if chosen else _AT_ONCE
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *context.args])  # noqa: S606
