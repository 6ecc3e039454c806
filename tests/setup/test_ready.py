"""`./keyless lab ready`: each look at a machine, and what to do about it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from setup import packages, ready, room, stamps
from setup.ready import Finding

MB = 1_000_000


def ready_of_python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the launcher's Python as on a machine without an environment: it must install nothing."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(PROJECT / "setup"), "lab", "ready", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_every_line_is_a_look_with_its_result() -> None:
    done = ready_of_python()
    lines = [each for each in done.stdout.splitlines() if not each.startswith(" ")]
    assert [each.split("  ")[0][2:] for each in lines] == [
        *("Python", "C compiler", "Ports", "Clock", "Disk", "Memory", "Node.js"),
        *("Set-up", "Bicep CLI"),
    ]
    assert {each[0] for each in lines} <= {"✓", "✗", "•"}
    assert done.returncode == int(any(each[0] == "✗" for each in lines))


def test_a_script_reads_the_same_as_json() -> None:
    found = json.loads(ready_of_python("--json").stdout)
    assert [set(each) for each in found] == [{"check", "ok", "found", "do"}] * 9
    assert all(bool(each["do"]) is not bool(each["ok"]) for each in found)


def test_another_word_is_refused() -> None:
    done = ready_of_python("--yaml")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "keyless: lab ready takes --json, not --yaml.\n"


def test_an_old_python_is_named_with_its_version() -> None:
    found = ready.python((3, 10, 12))
    assert found.ok is False
    assert found.found.startswith("3.10.12 at ")
    assert "install Python 3.11 or later" in found.do
    assert ready.python((3, 11, 0)).ok


def test_a_python_needs_its_venv_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "has_venv_module", lambda: False)
    found = ready.python((3, 12, 1))
    assert (found.ok, found.found.endswith(", without venv")) == (False, True)
    assert "python3-venv" in found.do


def test_a_compiler_is_needed_until_everything_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "has_compiler", lambda: False)
    monkeypatch.setattr(ready, "has_headers", lambda: False)
    monkeypatch.setattr(ready, "WHEELS", tmp_path / "wheels")
    found = ready.compiler(is_set_up=False)
    assert (found.ok, found.found) == (False, "no gcc and no Python.h")
    assert "python3-dev gcc" in found.do
    assert ready.compiler(is_set_up=True).ok
    (tmp_path / "wheels").mkdir()
    assert ready.compiler(is_set_up=False).ok


def test_a_machine_without_loopback_ports_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ready.ports().ok

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr("socket.create_connection", refuse)
    found = ready.ports()
    assert (found.ok, "Operation not permitted" in found.found) == (False, True)
    assert "127.0.0.1" in found.do


def test_a_clock_behind_the_project_s_files_is_wrong() -> None:
    found = ready.clock(0.0)
    assert (found.ok, found.found) == (
        False,
        "1970-01-01 00:00 UTC, before these files were written",
    )
    assert "timedatectl" in found.do
    assert ready.clock(4e9).ok


def test_disk_and_memory_are_held_against_what_is_needed() -> None:
    assert ready.disk(999 * MB, is_set_up=False).do == "free at least 1000 MB"
    assert ready.disk(999 * MB, is_set_up=True).ok
    assert ready.disk(199 * MB, is_set_up=True).do == "free at least 200 MB"
    assert ready.memory(699 * MB).ok is False
    assert ready.memory(1500 * MB).found == "1500 MB available, enough for 2 learners"
    assert ready.memory(None).ok


def test_the_set_up_and_the_bicep_cli_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ready.set_up(is_set_up=True) == Finding("Set-up", True, "done")
    assert ready.set_up(is_set_up=False).ok is None
    monkeypatch.setenv("BICEP", str(tmp_path / "bicep"))
    monkeypatch.setattr(ready, "BICEP", tmp_path / "room")
    found = ready.bicep()
    assert (found.ok, found.found) == (None, "none")
    assert "https://aka.ms/bicep-install" in found.do


def test_a_room_for_another_machine_is_refused_with_both_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = tmp_path / "machine.json"
    monkeypatch.setattr(room, "MACHINE", machine)
    assert room.complaint() == ""
    machine.write_text(json.dumps(room.this_machine()))
    assert room.complaint() == ""
    other = {"program": "python3.9", "python": "cpython-39", "platform": "linux-m68k"}
    machine.write_text(json.dumps(other))
    assert "are for cpython-39 on linux-m68k, and this is cpython-3" in room.complaint()
    assert "run python3.9 -I setup lab ready" in room.complaint()
    assert ready.python((3, 11, 2)).do == room.complaint()


def test_a_room_is_the_only_source_of_its_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WHEELS", tmp_path / "wheels")
    assert room.sources() == {}
    (tmp_path / "wheels").mkdir()
    assert room.sources() == {
        **{"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1", "UV_OFFLINE": "1"},
        **{"PIP_FIND_LINKS": str(room.WHEELS), "UV_FIND_LINKS": str(room.WHEELS)},
    }


def test_a_room_s_compiler_is_for_a_machine_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BICEP", tmp_path / "room" / "bicep")
    nowhere, somewhere = {"PATH": str(tmp_path)}, {"PATH": str(tmp_path / "bin")}
    assert room.compiler(nowhere) == {}
    for each in (tmp_path / "room" / "bicep", tmp_path / "bin" / "bicep"):
        each.parent.mkdir()
        each.touch(0o755)
    assert room.compiler(nowhere) == {"BICEP": str(room.BICEP)}
    assert room.compiler(somewhere) == {}


def test_a_new_environment_keeps_the_azurite_that_came_with_a_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / ".package-lock.json"
    monkeypatch.setattr(stamps, "OWN_FOLDER", tmp_path)
    monkeypatch.setattr(packages, "OWNED_MARK", tmp_path / "ours")
    monkeypatch.setattr(packages, "INSTALLED", record)
    monkeypatch.setattr(room, "WHEELS", tmp_path / "wheels")
    for in_a_room in (True, False):
        record.touch()
        (tmp_path / "wheels").mkdir() if in_a_room else (tmp_path / "wheels").rmdir()
        packages._clear()
        assert record.exists() == in_a_room
