"""`keyless test`: all tests."""

import os
import sys

import typer

from cli.check import refuse_in_an_image
from sandbox.state import PROJECT

# Most tests wait for a process of theirs, so three at once take two cores about half the time. A
# file stays with one worker, as what its tests share is started once. The order is that of
# tests/conftest.py: the slow files first, though they have few tests.
_AT_ONCE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")


def test(context: typer.Context) -> None:
    """Run all tests, or those that pytest's own arguments choose."""
    refuse_in_an_image("test")
    chosen = any(not each.startswith("-") for each in context.args)
    workers = () if chosen else _AT_ONCE
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *context.args])  # noqa: S606
