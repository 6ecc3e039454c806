"""The `sh` blocks of a tutorial, run in one shell, and the output that the page shows for each."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.state import PROJECT
from tests.conftest import keyless
from tests.docs.pages import Step

_BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
_MARK = "---- the next block ----"


def steps(page: str) -> list[Step]:
    """Return the blocks of a page, each with its output; empty if the page shows none."""
    return [Step(command, shown) for command, shown in _BLOCK.findall(page)]


def typed(steps: Sequence[Step], temporary: Path, instead: Mapping[str, str]) -> list[str]:
    """Return the output of each step; `instead` has replacements of texts in the commands.

    The steps end what they start. If they are interrupted, everything is ended here.
    """
    script = "".join(f"{each.command}printf '\\n%s\\n' '{_MARK}'\n" for each in steps)
    for old, new in instead.items():
        script = script.replace(old, new)
    with subprocess.Popen(
        ["sh"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(script)
        except BaseException:
            os.killpg(shell.pid, signal.SIGKILL)
            for state in temporary.glob("tmp.*"):
                keyless(state, "down")
            raise
    return [
        "".join(f"{line.rstrip()}\n" for line in each.rstrip("\n").splitlines())
        for each in output.split(f"\n{_MARK}\n")[:-1]
    ]


def check(steps: Sequence[Step], outputs: Sequence[str]) -> None:
    """Assert that each output is the one that the page shows."""
    for step, output in zip(steps, outputs, strict=True):
        if step.shown:
            assert step.pattern().fullmatch(output), f"{step.command}\n-- found:\n{output}"


def free_port() -> str:
    """Return a port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])
