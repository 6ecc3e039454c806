"""Processor time of a test suite: pytest, the sandbox of its session, and Azurite, together."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, Samples
from bench.plan import Plan
from bench.process import BenchError
from sandbox.deployment import load, remember
from sandbox.state import PROJECT, State

_TESTS, _CLEAN_TESTS = 1000, 20
_TAKES_LONG = 3
_SNAPSHOT = PROJECT / "infra" / "bicep" / "sandbox.snapshot.json"
_FILE = """
import pytest
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

def put(number):
    blobs = ContainerClient("{account}", "thumbnails", credential=DefaultAzureCredential())
    blobs.upload_blob(str(number), b"x", overwrite=True)

@pytest.mark.parametrize("number", range({times}))
def test_it({fixture}number):
    {body}
"""
_PUT = 'with {0}.as_identity("thumbnailer"), {0}.allowed("blobs/write"):\n        put(number)'
_CASES = (
    ("without a fixture", _TESTS, "", "pass"),
    ("the fixture keyless alone", _TESTS, "keyless, ", "pass"),
    ("keyless, and a blob that a role allows", _TESTS, "keyless, ", _PUT.format("keyless")),
    ("keyless_clean, and the blob", _CLEAN_TESTS, "keyless_clean, ", _PUT.format("keyless_clean")),
)


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the seconds of many tests of each kind, with the start of the session."""
    plan = plan.fewer(_TAKES_LONG)
    state = State.open(root / "state")
    remember(state, _SNAPSHOT)
    account = f"https://{load(state).storage.host}"
    for kind, full, fixture, body in _CASES:
        times = plan.times(full)
        file = root / "test_suite.py"
        written = _FILE.format(account=account, times=times, fixture=fixture, body=body)
        file.write_text(written, "utf-8")
        what = f"{times:,} tests: {kind}"
        plan.on_progress(what)
        seconds = [_processor_time(file) for _ in range(plan.runs)]
        yield Figure(what, "s", Samples.of(seconds), note="of a processor", times=times)


def _processor_time(file: Path) -> float:
    """Return the seconds of pytest and all its children. Raises BenchError if a test fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "sandbox.testing.plugin"]
    command += ["-p", "no:cacheprovider", "--rootdir", str(file.parent), "-c", os.devnull]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command += ["--keyless-snapshot", str(_SNAPSHOT), str(file)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise BenchError(done.stdout.decode("utf-8", "replace").strip()[-400:])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
