"""Faults at a start are one early sentence, and a port lost while running is not fatal."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from local.services import SAMPLE
from sandbox.state import State
from sandbox.supervisor import Report, browsers
from sandbox.supervisor.options import Options
from sandbox.supervisor.ports import HeldPorts
from sandbox.supervisor.run import run
from sandbox.supervisor.start import start
from tests.faults.faults import left_behind, one_sentence
from tests.project_copy import MODULES, SNAPSHOT, copy_project
from tests.project_copy import keyless as run_in


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, in which things can be broken."""
    monkeypatch.delenv("KEYLESS_NODE", raising=False)
    return copy_project(tmp_path)


def keyless(
    project: Path, *command: str, path: str = "", python: Path = Path(sys.executable)
) -> "subprocess.CompletedProcess[str]":
    """A command of the copy, with `path` before all other programs."""
    before = f"{path}{os.pathsep}{os.environ['PATH']}"
    return run_in(project, *command, python=python, PATH=before)


def missing(snapshot: Path) -> None:
    snapshot.unlink()


def broken(snapshot: Path) -> None:
    snapshot.write_text(snapshot.read_text()[:5000])


def without_the_vault(snapshot: Path) -> None:
    content = json.loads(snapshot.read_text())
    found = [each for each in content["predictedResources"] if "vaults" not in each["type"]]
    snapshot.write_text(json.dumps(content | {"predictedResources": found}))


@pytest.mark.parametrize("harm", [missing, broken])
def test_a_snapshot_that_is_none_is_named(project: Path, harm: Callable[[Path], None]) -> None:
    harm(project / SNAPSHOT)
    error = one_sentence(keyless(project, "up", "--detach"))
    assert "the sandbox cannot start" in error
    assert "snapshot" in error


def test_a_deployment_without_a_vault_starts_and_names_the_service_that_needs_it(
    project: Path,
) -> None:
    without_the_vault(project / SNAPSHOT)
    try:
        error = keyless(project, "up", "--detach", "--port", "0").stderr
        assert "notifier keeps ending at its start: AZURE_KEY_VAULT_ENDPOINT is" in error
    finally:
        keyless(project, "down")


def test_an_azurite_that_is_not_installed_is_one_sentence(project: Path) -> None:
    (project / MODULES).unlink()
    for command in (["up"], ["demo", "--exit"]):
        assert "Azurite is not installed" in one_sentence(keyless(project, *command))
    assert "no sandbox is running" in one_sentence(keyless(project, "status"))


@pytest.mark.parametrize("command", ["check", "test"])
def test_what_needs_the_whole_project_says_so_in_an_image(project: Path, command: str) -> None:
    """The copy holds the files of the sandbox's image."""
    error = one_sentence(keyless(project, command))
    assert f"{command} needs the whole project; run ./keyless {command} in a clone" in error


def test_an_azurite_that_lacks_a_package_is_said_with_the_cure(project: Path) -> None:
    (project / MODULES).unlink()
    main = project / MODULES / "azurite/dist/src/blob/main.js"
    main.parent.mkdir(parents=True)
    main.touch()
    error = one_sentence(keyless(project, "up", "--detach"))
    assert re.search(r"ended at once: Error: Cannot find module '\S+'; delete \S+ and run", error)
    assert " and run ./keyless again" in error


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment of its own with the packages of this one, except its own."""
    place = tmp_path / "environment"
    venv.create(place)
    packages = site_packages(place)
    (packages / "shared.pth").write_text(f"{site_packages(Path(sys.prefix))}\n")
    return place


def site_packages(environment: Path) -> Path:
    (found,) = environment.glob("lib/python*/site-packages")
    return found


def cut(environment: Path, package: str, name: str, file: str) -> None:
    """Give an environment a package of its own with one truncated file."""
    for each in (package, metadata.distribution(name)._path.name):  # type: ignore[attr-defined]
        shutil.copytree(site_packages(Path(sys.prefix)) / each, site_packages(environment) / each)
    half = site_packages(environment) / package / file
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])


def test_a_command_line_with_half_a_package_is_said_with_the_cure(
    project: Path, environment: Path
) -> None:
    cut(environment, "rich", "rich", "console.py")
    for command in ("up", "status", "explain"):
        error = one_sentence(keyless(project, command, python=environment / "bin/python"))
        assert "rich/console.py of rich is missing or cut short" in error
        assert error.endswith(f"delete {environment} and run ./keyless again.")


def test_a_package_that_is_missing_is_named_with_the_cure(project: Path, environment: Path) -> None:
    (site_packages(environment) / "shared.pth").unlink()
    error = one_sentence(keyless(project, "status", python=environment / "bin/python"))
    assert "the Python package typer is missing; delete " in error


def test_a_fault_of_our_own_is_no_damage(project: Path) -> None:
    (project / "cli/status.py").write_text("import sandbox.nowhere\n")
    assert (
        "ModuleNotFoundError: No module named 'sandbox.nowhere'"
        in keyless(project, "status").stderr
    )


def test_a_service_with_half_a_package_is_said_with_the_cure(
    project: Path, environment: Path
) -> None:
    cut(environment, "pyvips", "pyvips", "vimage.py")
    python = environment / "bin/python"
    try:
        error = one_sentence(keyless(project, "up", "--detach", "--port", "0", python=python))
        assert "thumbnailer keeps ending at its start: " in error
        assert "pyvips/vimage.py of pyvips is missing or cut short; delete " in error
    finally:
        keyless(project, "down", python=python)
    assert left_behind(str(project.parent / "state")) == []


def test_a_node_that_fails_is_quoted_and_its_log_is_named(project: Path) -> None:
    begun = time.monotonic()
    node = fake_node(project, "echo 'node: cannot allocate a soul' >&2; exit 3")
    error = one_sentence(keyless(project, "up", "--detach", path=node))
    assert "ended at once: node: cannot allocate a soul (see " in error
    assert error.endswith("logs/azurite.log).")
    assert time.monotonic() - begun < float(os.environ["KEYLESS_WAIT"])
    assert left_behind(str(project.parent / "state")) == []


def fake_node(project: Path, script: str) -> str:
    folder = project.parent / "bin"
    folder.mkdir()
    node = folder / "node"
    node.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo v22.0.0 && exit\n{script}\n')
    node.chmod(0o755)
    return str(folder)


def test_a_service_that_keeps_ending_is_said_early_with_its_cause(project: Path) -> None:
    content = json.loads((project / SNAPSHOT).read_text())
    for variables in environments(content):
        variables[:] = [each for each in variables if each["name"] != "SERVICEBUS_QUEUE_NAME"]
    (project / SNAPSHOT).write_text(json.dumps(content))
    demo = keyless(project, "demo", "--exit", "--port", "0")
    error = one_sentence(demo)
    assert "keeps ending at its start: " in error
    assert "SERVICEBUS_QUEUE_NAME" in error
    assert error.endswith(".log).")
    assert " ended: " in demo.stdout
    assert left_behind(str(project.parent / "state")) == []
    stays = keyless(project, "up", "--detach", "--port", "0")
    try:
        assert stays.returncode == 75
        assert "thumbnailer keeps ending at its start: " in stays.stderr
        assert "restarting" in keyless(project, "status").stdout
    finally:
        assert keyless(project, "down").returncode == 0


def environments(snapshot: Any) -> Iterator[list[Any]]:
    for resource in snapshot["predictedResources"]:
        if resource["type"] == "Microsoft.App/containerApps":
            for container in resource["properties"]["template"]["containers"]:
                yield container["env"]


@contextmanager
def taken() -> Iterator[int]:
    """A port that another process holds."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        yield int(somebody.getsockname()[1])


def test_ports_that_were_snatched_are_chosen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port taken from Azurite, which then starts again, and one taken from a service.

    Linux holds both from their choice on, so here the choice itself is a bad one.
    """
    last: list[Report] = []

    def on_report(report: Report) -> None:
        last.append(report)
        if report.ready:
            os.kill(os.getpid(), signal.SIGTERM)

    with taken() as azurites, taken() as a_services:
        ports = iter([azurites, a_services])
        take = HeldPorts.take

        def choose(held: HeldPorts, wanted: int = 0) -> int:
            kept = wanted if wanted == a_services else None  # by the second start
            return next(ports, kept) or take(held, wanted)

        monkeypatch.setattr(HeldPorts, "take", choose)
        asyncio.run(run(State.open(tmp_path), Options(SAMPLE, gallery_port=0), on_report))
    assert last[-1].ready
    assert f":{a_services}" not in "".join(each.url for each in last[-1].services)
    assert any("Address already in use" in each.ended for each in last[-1].services)
    assert left_behind(str(tmp_path)) == []


def test_the_default_port_of_the_gallery_may_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gallery() -> str:
        async with AsyncExitStack() as stack:
            return (await start(stack, State.open(tmp_path), Options())).gallery

    with taken() as port:
        monkeypatch.setattr(browsers, "GALLERY_PORT", port)
        assert not asyncio.run(gallery()).endswith(f":{port}")


def test_a_port_that_was_asked_for_is_not_exchanged(tmp_path: Path) -> None:
    async def gallery(port: int) -> None:
        async with AsyncExitStack() as stack:
            await start(stack, State.open(tmp_path), Options(gallery_port=port))

    with taken() as port, pytest.raises(OSError, match=f"port {port} is taken; choose another"):
        asyncio.run(gallery(port))
