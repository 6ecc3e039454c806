"""Shared by the tests of faults: sentences, small disks, processes and ports left behind."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from sandbox.state import State
from sandbox.supervisor.endpoints import Endpoints
from sandbox.supervisor.options import Options
from sandbox.supervisor.start import start


def one_sentence(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the last line of a failed command: one sentence, and no traceback before it."""
    output = done.stderr.strip()
    assert done.returncode not in {0, -9}, done.stdout + output
    assert "Traceback" not in done.stdout + output, output
    last = output.splitlines()[-1] if output else ""
    assert last.startswith("keyless: "), done.stdout + output
    assert last.endswith("."), output
    return last


@contextmanager
def mounted(folder: Path, options: str = "size=64m") -> Iterator[Callable[[], None]]:
    """Mount a file system at `folder`; the yielded function makes it read-only.

    Skips the test where that is not allowed.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a file system of its own")
    command = ["mount", "-t", "tmpfs", "-o", f"{options},mode=0700", "keyless-test", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        yield lambda: _mount("-o", "remount,ro", str(folder))
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def started_once(state: State) -> None:
    """Start every endpoint on `state` and end it again. Raises the errors of a start."""
    asyncio.run(_started_once(state))


async def _started_once(state: State) -> None:
    async with AsyncExitStack() as stack:
        found: Endpoints = await start(stack, state, Options(gallery_port=0))
        assert found.gallery


def left_behind(text: str) -> list[str]:
    """Return the other processes whose command line, environment or open files contain `text`.

    A forked sandbox has the command line and the environment of the process that forks.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            content = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            content += b"".join(map(os.fsencode, _open_files(process)))
        except OSError:
            continue
        if text.encode() in content and int(process.name) != os.getpid():
            found.append(
                f"{process.name}: {content.replace(bytes(1), b' ').decode(errors='replace')[:200]}"
            )
    return found


def _open_files(process: Path) -> Iterator[str]:
    for each in (process / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed since
            yield os.readlink(each)
