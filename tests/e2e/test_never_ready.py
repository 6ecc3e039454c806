"""A service that never gets ready: its sandbox stays up, and names the cause.

The thumbnailer has no right to read the originals: the row is taken from a copy of the snapshot.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.state import State
from sandbox.supervisor import Report, running
from tests.project_copy import copy_project, environment, keyless, remove_resource

WAITS = "thumbnailer is waiting for read on container originals"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = copy_project(tmp_path_factory.mktemp("never-ready"))
    remove_resource(copy, is_the_row)
    return copy


def is_the_row(resource: Any) -> bool:
    """Return whether it is the thumbnailer's assignment on the originals."""
    name = resource["id"].split("reference(")
    return (
        resource["type"] == "Microsoft.Authorization/roleAssignments"
        and "/containers/originals" in name[0]
        and "id-thumbnailer-" in name[-1]
    )


@pytest.fixture(scope="module")
def started(project: Path) -> Iterator["subprocess.CompletedProcess[str]"]:
    """The output of `up --detach`, which here gives the services no time at all."""
    try:
        yield keyless(project, "up", "--detach", "--port", "0", "--wait", "0")
    finally:
        keyless(project, "down")


def report(project: Path) -> Report:
    found = running(State.open(project.parent / "state"))
    assert found is not None, "the sandbox has ended"
    return found


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def test_up_returns_with_a_status_of_its_own_and_what_runs_stays_up(
    project: Path, started: "subprocess.CompletedProcess[str]"
) -> None:
    assert started.returncode == 75
    assert "Running in the background" in started.stdout
    assert "not all is ready; the sandbox stays up" in started.stderr
    assert report(project).gallery in started.stderr
    until(lambda: len(report(project).late) == 1)
    assert not report(project).ready


@pytest.mark.usefixtures("started")
def test_status_and_doctor_have_something_to_look_at(project: Path) -> None:
    until(lambda: "read on container originals" in report(project).service("thumbnailer").failing)
    output = json.loads(keyless(project, "status", "--json").stdout)
    assert output["overdue"] is True
    (thumbnailer,) = (each for each in output["services"] if each["name"] == "thumbnailer")
    assert thumbnailer["failing"] == ["read on container originals"]
    doctor = keyless(project, "doctor", "thumbnailer")
    assert doctor.returncode == 1
    assert "✗ Storage Blob Data Reader on containers/originals" in doctor.stdout
    assert keyless(project, "doctor", "notifier").returncode == 0


def test_in_the_foreground_it_says_so_too(tmp_path: Path, project: Path) -> None:
    command = [sys.executable, "-m", "cli", "up", "--port", "0", "--wait", "0"]
    variables = environment(project, KEYLESS_STATE=str(tmp_path))
    with subprocess.Popen(
        command, cwd=project, env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            output = next((each for each in process.stdout if WAITS in each), "")
        finally:
            process.terminate()
    assert output.startswith("→ ")
