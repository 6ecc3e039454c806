"""The terminal output on the pages is the output that a reader gets."""

import os
import subprocess
from collections.abc import Iterator, Sequence

import pytest

from sandbox.state import PROJECT
from tests.conftest import Running
from tests.docs.pages import MANUAL, Step, consoles, name_of

_MARK = "---- the next command ----"

BLOCKS = [
    pytest.param(block, id=f"{name_of(page)}-{number}")
    for page in MANUAL
    for number, block in enumerate(consoles(page), start=1)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_console_block_runs_as_shown(block: Sequence[Step], sandbox: Running) -> None:
    for step, output in zip(block, run(block, sandbox), strict=True):
        assert step.pattern().fullmatch(output), (
            f"$ {step.command}\n-- shown:\n{step.shown}\n-- found:\n{output}"
        )


def run(block: Sequence[Step], sandbox: Running) -> Iterator[str]:
    """Return the output of each step; one shell runs them all, as one terminal would."""
    done = subprocess.run(
        ["sh"],
        input="".join(f"{each.command}\nprintf '\\n%s\\n' '{_MARK}'\n" for each in block),
        env={**os.environ, "KEYLESS_STATE": str(sandbox.state.root)},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    for output in done.stdout.split(f"\n{_MARK}\n")[:-1]:
        yield "".join(f"{each.rstrip()}\n" for each in output.rstrip("\n").splitlines())
