"""`keyless test`: all tests."""

import os
import sys

import typer

from cli.check import refuse_in_an_image
from sandbox.state import PROJECT

# Most tests wait for a process, so three workers halve the time on two cores. A file stays with one
# worker, so that its fixtures start once. tests/conftest.py puts the slow files first.
_AT_ONCE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")


def test(context: typer.Context) -> None:
    """Run all tests, or those that pytest's arguments select."""
    refuse_in_an_image("test")
    chosen = any(not each.startswith("-") for each in context.args)
    workers = () if chosen else _AT_ONCE
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *context.args])  # noqa: S606
