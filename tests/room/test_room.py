"""A room without internet: `./keyless lab pack`, unpacked with next to nothing on the PATH."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from setup import room

# Neither a compiler nor Node.js, pip, npm, uv or git.
_PROGRAMS = ("sh", "cat", "dirname", "readlink", "env")
_LONGEST = 900
_LOOPBACK = 'ip link set lo up && exec "$@"'

IN_THE_ROOM = """
./keyless lab 3 --predict no || exit
./keyless lab check
echo "the check ended with $?"
./keyless lab quit
./keyless lab ready
"""


def without_network() -> Sequence[str]:
    """Return the words before a command that take its network away, where the system lets them."""
    words = ("unshare", "-rn", "sh", "-c", _LOOPBACK, "sh")
    if shutil.which("unshare") and shutil.which("ip"):
        done = subprocess.run([*words, "true"], capture_output=True, check=False)
        return words if done.returncode == 0 else ()
    return ()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive, in a folder without anything else."""
    folder = tmp_path_factory.mktemp("room")
    packed = subprocess.run(
        [sys.executable, "-m", "cli", "lab", "pack", "--to", str(folder / "room.tar.gz")],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=_LONGEST,
        check=False,
    )
    assert packed.returncode == 0, packed.stdout + packed.stderr
    with tarfile.open(folder / "room.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    return folder / "keyless"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The variables of a machine with Python alone, and an empty home."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in _PROGRAMS:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (programs / version).symlink_to(Path(sys.base_prefix) / "bin" / version)
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": str(programs), "HOME": str(home), "LANG": "C.UTF-8"}


def run(
    project: Path, environment: dict[str, str], script: str
) -> "subprocess.CompletedProcess[str]":
    """Run a shell script in the project, whose network is this script's alone."""
    # unshare and ip are found by this process's own PATH.
    given = [f"{name}={value}" for name, value in environment.items()]
    return subprocess.run(
        [*without_network(), shutil.which("env") or "env", "-i", *given, "sh", "-c", script],
        cwd=project,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=_LONGEST,
        check=False,
    )


@pytest.mark.timeout(3 * _LONGEST)
def test_a_lab_runs_in_a_room_with_a_python_and_nothing_else(
    unpacked: Path, environment: dict[str, str]
) -> None:
    machine = json.loads((unpacked / "room" / "machine.json").read_text())
    assert machine == room.this_machine()
    looked = run(unpacked, environment, "./keyless lab ready --json")
    assert looked.returncode == 0, looked.stdout + looked.stderr
    found = {each["check"]: each for each in json.loads(looked.stdout)}
    assert found["Set-up"]["found"] == "not done"
    assert found["C compiler"]["ok"]

    done = run(unpacked, environment, IN_THE_ROOM)
    said = done.stdout + done.stderr
    assert "the environment is ready" in done.stderr, said
    assert "The lab is ready" in done.stdout, said
    assert "59 of 60 are right; 1 too little, 0 too much." in done.stdout, said
    assert "the check ended with 1" in done.stdout, said
    assert "✓ Set-up      done" in done.stdout, said
