"""azd's hook scripts: two short files, for sh and for PowerShell, that do the same.

There is no PowerShell on the machines where this is tested: of hook.ps1 only the text is read.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.azd.__main__ import STEPS
from sandbox.state import PROJECT
from tests.infra.azd.conftest import StandIns

HOOK = PROJECT / "infra" / "azd" / "hook"
WINDOWS = HOOK.with_suffix(".ps1")


def test_it_runs_the_step_from_wherever_it_is_called(stand_ins: StandIns, tmp_path: Path) -> None:
    stand_ins.say("az group exists", False)
    done = subprocess.run(
        [str(HOOK), "preprovision"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_stops_the_step_stops_azd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GATEWAY_ADDRESSES", raising=False)
    done = subprocess.run(
        [str(HOOK), "preprovision"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "GATEWAY_ADDRESSES: who may upload?" in done.stderr


def test_an_old_python_is_passed_over_in_words(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    done = subprocess.run(
        [str(HOOK), "photo"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "keyless: needs Python 3.11 or later.\n")


def test_nothing_has_to_be_installed_before() -> None:
    # -S leaves out all that is installed, and leaves Python's own library.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "infra.azd", "--help"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(STEPS) <= set(re.findall(r"\w+", done.stdout))


def test_both_shells_run_the_same_module_and_pass_on_its_status() -> None:
    posix, windows = HOOK.read_text(), WINDOWS.read_text()
    assert "-P -m infra.azd" in posix
    assert "-P -m infra.azd" in windows
    assert 'exec "$python"' in posix
    assert "exit $LASTEXITCODE" in windows
