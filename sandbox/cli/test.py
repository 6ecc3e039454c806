"""`keyless test`: all tests."""

import os
import sys

import typer

from sandbox.state import PROJECT


def test(context: typer.Context) -> None:
    """Run all tests; more arguments go to pytest."""
    os.chdir(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *context.args])  # noqa: S606
