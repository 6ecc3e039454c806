"""A sandbox with a clock that a test sets while it runs: Azurite's, the services', the CLI's.

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

from sandbox.state import PROJECT, State
from tests.conftest import Running
from tests.faults.preloaded_library import compiled, up


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
    file = folder / "clock"
    file.write_bytes(bytes(8))
    return Clock(file, {**compiled("shifted.c", folder), "SHIFTED_CLOCK": str(file)})


@dataclass(frozen=True)
class Shifted(Running):
    """A sandbox on a clock that can be set."""

    clock: Clock

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run `./keyless` with this sandbox, on its clock, and these variables."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=PROJECT,
            env={
                **os.environ,
                **self.clock.environment,
                "KEYLESS_STATE": str(self.state.root),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def started(folder: Path, clock: Clock) -> Iterator[Shifted]:
    """Run a sandbox on `clock`, with its state in `folder`."""
    with up(folder, clock.environment):
        yield Shifted(State.open(folder), clock)
