"""The script that writes the snapshot: its errors, and the files it leaves."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.bicep import FOLDER, PROGRAM, needs_bicep

ROW = "    why: 'The gallery shows thumbnails; it never makes one.'\n"


@pytest.fixture
def bicep(tmp_path: Path) -> Path:
    """A copy of the Bicep, to be edited."""
    return Path(shutil.copytree(FOLDER, tmp_path / "bicep"))


def snapshot(bicep: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [bicep / "snapshot", *options],
        env={"PATH": "/usr/bin:/bin", "BICEP": str(PROGRAM), "HOME": str(bicep.parent)},
        cwd=bicep.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_bicep
def test_an_error_is_the_first_real_one_in_the_users_own_file(bicep: Path) -> None:
    module = bicep / "modules" / "access.bicep"
    before = (bicep / "sandbox.snapshot.json").read_bytes()
    assert ROW in module.read_text()
    module.write_text(module.read_text().replace(ROW, ""))
    done = snapshot(bicep)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"snapshot: the Bicep does not compile: {module}(")
    assert 'missing the following required properties: "why"' in line
    assert (bicep / "sandbox.snapshot.json").read_bytes() == before


@needs_bicep
def test_what_it_was_compiled_from_is_kept_beside_it(bicep: Path) -> None:
    module = bicep / "modules" / "access.bicep"
    module.write_text(f"{module.read_text()}\n// Edited.\n")
    before = (bicep / "sandbox.snapshot.sources").read_text().splitlines()
    assert snapshot(bicep).returncode == 0
    after = (bicep / "sandbox.snapshot.sources").read_text().splitlines()
    assert [each for each in after if each not in before] == [
        each for each in after if each.endswith(" modules/access.bicep")
    ]
