"""A sandbox whose processes have some calls of the C library replaced by the test's own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.state import PROJECT, State

# The supervisor gives its children an environment of its own: here, the library in it.
RUN = """
import sandbox.supervisor.azurite_process as blobs, local.services as services
from cli.application import main
genuine, more = services.minimal_environment, {more!r}
for module in (blobs, services):
    module.minimal_environment = lambda home: {{**genuine(home), **more}}
main()
"""


def compiled(name: str, folder: Path) -> Mapping[str, str]:
    """Return the environment that puts `name`, a source beside this file, before the C library.

    Skips the test where that cannot be.
    """
    if sys.platform != "linux":
        pytest.skip("only on Linux does a test put a library of its own before the C library")
    source, library = Path(__file__).with_name(name), (folder / name).with_suffix(".so")
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source)]
    subprocess.run(command, check=True)
    return {"LD_PRELOAD": str(library)}


@contextmanager
def up(state: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """A sandbox on `state`, all of it in `environment`; ended on leaving."""
    with State.open(state).path("sandbox.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN.format(more=dict(environment)), "up", "--port", "0"],
            cwd=PROJECT,
            env={**os.environ, **environment, "KEYLESS_STATE": str(state)},
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(100)
