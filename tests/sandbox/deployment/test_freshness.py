"""A snapshot records its sources by content: a fresh checkout is never stale."""

import os
import shutil
from pathlib import Path

import pytest

from sandbox.deployment import SNAPSHOT, digest, edited_since


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """The committed Bicep and snapshot as a checkout writes them: in any order, just now."""
    copy = tmp_path / "bicep"
    shutil.copytree(SNAPSHOT.parent, copy)
    os.utime(copy / SNAPSHOT.name, (0, 0))
    return copy / SNAPSHOT.name


def test_what_is_committed_was_compiled_from_what_is_committed(snapshot: Path) -> None:
    assert edited_since(snapshot) == ()
    assert edited_since() == ()


def test_an_edited_file_is_named_and_is_not_once_the_edit_is_undone(snapshot: Path) -> None:
    module = snapshot.parent / "modules" / "access.bicep"
    before = module.read_text()
    module.write_text(before.replace("roles.blobReader", "roles.blobOwner", 1))
    assert edited_since(snapshot) == ("modules/access.bicep",)
    module.write_text(before)
    assert edited_since(snapshot) == ()


@pytest.mark.parametrize("sources", ["", "one\n", "1 2\n", "\x00"])
def test_where_nothing_is_known_nothing_is_said(snapshot: Path, sources: str) -> None:
    snapshot.with_suffix(".sources").write_text(sources)
    assert edited_since(snapshot) == ()


def test_a_snapshot_without_its_bicep_is_not_stale(snapshot: Path) -> None:
    for folder in ("modules", "shared"):
        shutil.rmtree(snapshot.parent / folder)
    for each in snapshot.parent.glob("*.bicep*"):
        each.unlink()
    assert edited_since(snapshot) == ()
    snapshot.with_suffix(".sources").unlink()
    assert edited_since(snapshot) == ()


def test_the_digest_tells_one_deployment_from_another(tmp_path: Path) -> None:
    snapshot, registration = tmp_path / "snapshot", tmp_path / "registration"
    snapshot.write_text("a")
    registration.write_text("b")
    first = digest(snapshot, registration)
    assert first
    assert digest(snapshot, registration) == first
    registration.write_text("c")
    assert digest(snapshot, registration) not in {"", first}
    snapshot.unlink()
    assert digest(snapshot, registration) == ""
