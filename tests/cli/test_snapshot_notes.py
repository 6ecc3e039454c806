"""Commands note where their answer differs from the running sandbox or the edited Bicep."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cli.snapshot_notes import warn_if_stale, warn_of_left_out
from sandbox.deployment import SNAPSHOT
from sandbox.state import PROJECT, State
from tests.conftest import Running
from tests.project_copy import copy_project, keyless

EXPLAIN = ("explain", "gateway", "blobs/read", "containers/originals")


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """A copy of the project with an edited policy and the old snapshot."""
    copy = copy_project(tmp_path)
    bicep = PROJECT / "infra" / "bicep"
    shutil.copytree(bicep, copy / "infra" / "bicep", dirs_exist_ok=True)
    module = copy / "infra" / "bicep" / "modules" / "access.bicep"
    module.write_text(f"{module.read_text()}// Edited.\n")
    return copy


@pytest.mark.parametrize("command", [EXPLAIN, ("access", "gateway", "--json")])
def test_the_file_that_was_edited_is_named_beside_the_answer(
    edited: Path, command: tuple[str, ...]
) -> None:
    done = keyless(edited, *command)
    assert done.stdout
    assert done.stderr == (
        "note: edited since the last snapshot: infra/bicep/modules/access.bicep."
        " To update it: infra/bicep/snapshot\n"
    )


def test_as_committed_there_is_nothing_to_say(sandbox: Running) -> None:
    assert sandbox.run(*EXPLAIN).stderr == ""
    assert sandbox.run("doctor", "notifier").stderr == ""


def test_a_sandbox_that_became_another_snapshot_is_told_of(
    sandbox: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = State.open(tmp_path)
    for found, said in (
        (sandbox.report, ""),
        (replace(sandbox.report, snapshot="0"), "keyless apply"),
    ):
        monkeypatch.setattr("cli.snapshot_notes.running", lambda _, found=found: found)
        warn_if_stale(state)
        assert said in (err := capsys.readouterr().err)
        assert bool(err) == bool(said)


def test_what_the_sandbox_leaves_out_of_a_deployment_is_said_at_its_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(SNAPSHOT.read_text())
    for each in content["predictedResources"]:
        if each["type"].endswith("/queues"):
            each["properties"]["forwardTo"] = "elsewhere"
    (tmp_path / "other.json").write_text(json.dumps(content))
    warn_of_left_out(State.open(tmp_path / "state"), tmp_path / "other.json")
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("note: queues sb-")
    assert "forwardTo is not offered: it does not forward messages, so its senders" in said


def test_a_snapshot_that_is_none_is_left_to_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in ("", '{"predictedResources": [{"id": "x", "type": 1}]}'):
        (tmp_path / "other.json").write_text(content)
        warn_of_left_out(State.open(tmp_path / "state"), tmp_path / "other.json")
    assert capsys.readouterr().err == ""
