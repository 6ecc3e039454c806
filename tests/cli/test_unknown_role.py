"""An assignment of an unknown role grants nothing, and no command stops at it."""

import sys
from pathlib import Path

import pytest

from cli.__main__ import _run
from cli.snapshot_notes import warn_of_left_out
from sandbox.deployment import SNAPSHOT
from sandbox.state import State
from tests.edited_snapshot import EditedSnapshot

UNKNOWN = "57a6e4a4-1111-4000-8000-000000000057"
REASON = "The gallery shows thumbnails"


@pytest.fixture
def snapshots(tmp_path: Path) -> tuple[Path, Path]:
    """Return the deployment's snapshot, and one with an unknown role in place of a known one."""
    edited = EditedSnapshot().with_role_definition(REASON, UNKNOWN)
    edited.write(tmp_path / "edited.json")
    return SNAPSHOT, tmp_path / "edited.json"


def status(monkeypatch: pytest.MonkeyPatch, *command: str) -> int:
    monkeypatch.setattr(sys, "argv", ["keyless", *command])
    with pytest.raises(SystemExit) as ended:
        _run()
    return int(ended.value.code or 0)


def test_what_it_would_grant_is_denied(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    snapshots: tuple[Path, Path],
) -> None:
    question = ("explain", "gateway", "blobs/read", "containers/thumbnails")
    state = ("--state", str(tmp_path / "state"))
    known, unknown = (("--snapshot", str(each)) for each in snapshots)
    assert status(monkeypatch, *question, *state, *known) == 0
    assert "by the role  Storage Blob Data Reader" in capsys.readouterr().out
    assert status(monkeypatch, *question, *state, *unknown) == 1
    assert "no assignment at or above this scope" in capsys.readouterr().out


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_it_is_not_listed_among_the_rights(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    snapshots: tuple[Path, Path],
    options: tuple[str, ...],
) -> None:
    listed = []
    for each in snapshots:
        command = ("access", "gateway", *options, "--state", str(tmp_path / "state"))
        assert status(monkeypatch, *command, "--snapshot", str(each)) == 0
        listed.append(capsys.readouterr().out)
    assert [REASON in each for each in listed] == [True, False]


def test_the_start_names_it_and_its_role(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, snapshots: tuple[Path, Path]
) -> None:
    for each in snapshots:
        warn_of_left_out(State.open(tmp_path / "state"), each)
        said = " ".join(capsys.readouterr().err.split())
        named = f"its role {UNKNOWN} is not known here, so it grants nothing" in said
        assert named == (each != SNAPSHOT)
