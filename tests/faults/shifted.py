"""A sandbox whose clock a test sets while it runs: Azurite's, the services', the command line's.

The clock that counts from the machine's start stays as it is, as when an administrator or a time
server sets the other.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.state import PROJECT, State
from tests.conftest import Running

SOURCE = Path(__file__).with_suffix(".c")
# The supervisor gives its children an environment of its own: here, the clock in it.
RUN = """
import sandbox.supervisor.blobs as blobs, sandbox.supervisor.services as services
from sandbox.cli import main
genuine, clock = services.of_any_process, {clock!r}
for module in (blobs, services):
    module.of_any_process = lambda home: {{**genuine(home), **clock}}
main()
"""


@dataclass(frozen=True)
class Clock:
    """A clock that can be set, for whatever runs in its environment."""

    file: Path
    environment: Mapping[str, str]

    def shift(self, seconds: float) -> None:
        """Set it to so many seconds from the true time."""
        with self.file.open("r+b") as file:
            file.write(int(seconds).to_bytes(8, sys.byteorder, signed=True))


def clock(folder: Path) -> Clock:
    """A clock that is right so far. Skips the test where a program cannot be given one."""
    if sys.platform != "linux":
        pytest.skip("only on Linux can a test give a program a clock of its own")
    library, file = folder / "shifted.so", folder / "clock"
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)]
    subprocess.run(command, check=True)
    file.write_bytes(bytes(8))
    return Clock(file, {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(file)})


@dataclass(frozen=True)
class Shifted(Running):
    """A sandbox on a clock that can be set."""

    clock: Clock

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `./keyless` with this sandbox, on its clock."""
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=PROJECT,
            env={**os.environ, **self.clock.environment, "KEYLESS_STATE": str(self.state.root)},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def started(folder: Path, clock: Clock) -> Iterator[Shifted]:
    """A sandbox on `clock`, whose state is in `folder`."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN.format(clock=dict(clock.environment)), "up", "--port", "0"],
        cwd=PROJECT,
        env={**os.environ, **clock.environment, "KEYLESS_STATE": str(folder)},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield Shifted(State.open(folder), clock)
    finally:
        process.terminate()
        process.wait(90)
