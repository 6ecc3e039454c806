"""The launcher, interrupted at its set-up: nothing is left, and the next start goes on."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.faults.faults import left_behind
from tests.faults.terminal import Terminal
from tests.faults.test_faults_ending import closed, ctrl_c, told

UV = """#!/bin/sh
case $1 in
venv) mkdir -p "{venv}/bin" && ln -sf "{python}" "{venv}/bin/python" ;;
esac
[ -f "{quick}" ] && exit 0
touch "{begun}"
sleep 61 &
sleep 62
"""
NODE = "#!/bin/sh\nexit 0\n"
MAIN = 'print("the command line is reached")\n'


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone that was never set up; what installs takes a minute until there is a file `quick`."""
    home = tmp_path / "home"
    shutil.copytree(PROJECT / "requirements", home / "requirements")
    shutil.copy(PROJECT / "keyless", home / "keyless")
    azurite = home / "sandbox/storage/azurite"
    (azurite / "node_modules").mkdir(parents=True)
    (azurite / "package-lock.json").write_text("{}")
    (home / "sandbox/__main__.py").write_text(MAIN)
    places = {name: tmp_path / name for name in ("quick", "begun")}
    uv = UV.format(venv=home / ".venv", python=sys.executable, **places)
    for name, script in (("uv", uv), ("node", NODE), ("npm", NODE)):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(script)
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KEYLESS_MARK", str(tmp_path))
    return home


@pytest.mark.parametrize("way", [ctrl_c, told, closed])
def test_a_set_up_that_is_interrupted_leaves_nothing_and_is_gone_on_with(
    fresh: Path, tmp_path: Path, way: Callable[[Terminal], None]
) -> None:
    begun, quick = tmp_path / "begun", tmp_path / "quick"
    terminal = Terminal(tmp_path / "state", ["status"], [str(fresh / "keyless")])
    wait_until(begun.exists)
    way(terminal)
    assert terminal.wait() in {129, 130, 143}
    terminal.close()
    assert "Traceback" not in terminal.said
    wait_until(lambda: not left_behind(str(tmp_path)))
    quick.touch()
    again = subprocess.run([str(fresh / "keyless")], capture_output=True, text=True, check=False)
    assert again.stdout == "the command line is reached\n", again.stderr


def test_an_environment_that_was_half_made_is_made_again(fresh: Path, tmp_path: Path) -> None:
    """As `python -m venv` leaves it when it is interrupted: a python, but no pip."""
    (fresh / ".venv/bin").mkdir(parents=True)
    (fresh / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "quick").touch()
    done = subprocess.run([str(fresh / "keyless")], capture_output=True, text=True, check=False)
    assert "a virtual environment" in done.stderr
    assert done.stdout == "the command line is reached\n"


def test_a_set_up_says_how_long_it_took_and_a_later_start_says_nothing(
    fresh: Path, tmp_path: Path
) -> None:
    (tmp_path / "quick").touch()
    first, second = (
        subprocess.run([str(fresh / "keyless")], capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert re.search(r"\n  the environment is ready after \d+ s\n\n$", first.stderr)
    assert second.stderr == ""


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
