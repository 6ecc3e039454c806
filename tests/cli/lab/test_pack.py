"""The archive for a room: its files, and a lock file that knows the wheels compiled here."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from cli.lab import pack
from cli.lab.pack import PackError, project_files, with_hashes
from sandbox.state import PROJECT

LOCK = """\
proton-x==0.40.0 \\
    --hash=sha256:00
    # via keyless
other==1.0 ; sys_platform == "win32" \\
    --hash=sha256:11
"""


def wheel(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(name.encode())
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_compiled_wheel_is_as_good_as_the_locked_source(tmp_path: Path) -> None:
    made = wheel(tmp_path, "Proton_X-0.40.0-cp311-cp311-linux_x86_64.whl")
    text = with_hashes(LOCK, [made])
    assert f"proton-x==0.40.0 \\\n    --hash=sha256:{digest(made)} \\\n    --hash=sha256:00" in text
    assert with_hashes(text, [made]) == text


def test_a_wheel_with_a_locked_hash_changes_nothing(tmp_path: Path) -> None:
    made = wheel(tmp_path, "proton_x-0.40.0-py3-none-any.whl")
    lock = LOCK.replace("sha256:00", f"sha256:{digest(made)}")
    assert with_hashes(lock, [made]) == lock


def test_a_wheel_that_no_line_asks_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"proton_x-0.41.0-.* is in no line of the lock file"):
        with_hashes(LOCK, [wheel(tmp_path, "proton_x-0.41.0-py3-none-any.whl")])


def test_a_compiled_wheel_of_a_package_with_a_marker_is_locked_too(tmp_path: Path) -> None:
    made = wheel(tmp_path, "other-1.0-cp311-cp311-linux_x86_64.whl")
    text = with_hashes(LOCK, [made])
    assert f'"win32" \\\n    --hash=sha256:{digest(made)} \\\n    --hash=sha256:11' in text


def test_the_project_s_files_are_those_that_it_needs_and_nothing_that_it_makes() -> None:
    found = set(project_files())
    assert {"keyless", "README.md", "setup/room.py", "requirements/run.txt"} <= found
    assert "infra/bicep/sandbox.snapshot.json" in found
    assert {each.split("/")[0] for each in found} & {".git", ".venv", ".keyless", "room"} == set()
    assert [each for each in found if "node_modules" in each or "__pycache__" in each] == []


def test_without_git_the_same_files_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with_git = set(project_files())
    monkeypatch.setattr("shutil.which", lambda _: None)
    # Without git, files that it ignores may be among them, such as the caches of tools.
    assert with_git <= set(project_files())


def test_the_archive_names_nobody(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(), mode="w") as tar:
        tar.add(PROJECT / "README.md", filter=pack._of_nobody)
        (member,) = tar.getmembers()
    assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")


def test_only_a_compiler_that_runs_anywhere_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP", str(tmp_path / "bicep"))
    assert pack._compiler() is None
    (tmp_path / "bicep").touch(0o755)
    (tmp_path / "bicep").write_text("#!/bin/sh\nexec somewhere/else\n")
    assert pack._compiler() is None
    (tmp_path / "bicep").write_bytes(b"\x7fELF and more")
    assert pack._compiler() == tmp_path / "bicep"
