"""A deployment that is given as Bicep: compiled beside its file, and nothing else changes."""

from pathlib import Path

import pytest

from sandbox.broken_files import BrokenFileError
from sandbox.deployment import SNAPSHOT, origin, remember, source
from sandbox.deployment.given_snapshot import GivenError, given_snapshot, keep, template_of
from sandbox.deployment.in_force import SOURCE
from sandbox.state import State

# As Bicep does: it writes beside the parameter file, and takes a group for none but a group.
WRITES = 'echo "$*" >"${2%.bicepparam}.snapshot.json"'
SAYS = 'echo "$2(1,7) : Error BCP091: An error occurred reading file." >&2; exit 1'


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    found = tmp_path / "infra" / "main.bicepparam"
    found.write_text("using 'main.bicep'\n")
    found.with_suffix(".bicep").write_text("")
    (tmp_path / "infra" / "main.snapshot.json").write_text("the user's own")
    return found


def bicep(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "a-bicep"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("BICEP", str(program))


@pytest.mark.parametrize(
    ("scope", "in_a_group"), [("resourceGroup", True), ("subscription", False)]
)
def test_the_snapshot_is_taken_away_and_the_folder_stays_as_it_was(
    *,
    scope: str,
    in_a_group: bool,
    parameters: Path,
    state: State,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters.with_suffix(".bicep").write_text(f"targetScope = '{scope}'\n")
    before = sorted(parameters.parent.iterdir())
    bicep(WRITES, tmp_path, monkeypatch)
    made = given_snapshot(state, parameters)
    assert made.parent == state.root
    assert ("--resource-group" in made.read_text()) == in_a_group
    assert sorted(parameters.parent.iterdir()) == before
    assert parameters.with_name("main.snapshot.json").read_text() == "the user's own"


def test_a_template_without_parameters_is_compiled_too(
    parameters: Path, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bicep('cp "$2" "${2%.bicepparam}.snapshot.json"', tmp_path, monkeypatch)
    made = given_snapshot(state, parameters.with_suffix(".bicep"))
    assert made.read_text() == "using './main.bicep'\n"


def test_the_compilers_first_error_is_the_sentence(
    parameters: Path, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(parameters.parent.iterdir())
    bicep(SAYS, tmp_path, monkeypatch)
    with pytest.raises(GivenError) as caught:
        given_snapshot(state, parameters)
    assert str(caught.value) == (
        f"{parameters} does not compile: {parameters}(1,7) : Error BCP091: An error occurred"
        " reading file."
    )
    assert sorted(parameters.parent.iterdir()) == before


def test_without_a_compiler_it_says_how_to_get_one(
    parameters: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP", "no-such-bicep")
    with pytest.raises(GivenError, match="'no-such-bicep' was not found: install the Bicep CLI"):
        given_snapshot(state, parameters)


@pytest.mark.parametrize(
    ("name", "said"), [("none.json", "there is no file"), ("infra", "is a folder: name")]
)
def test_a_path_without_a_deployment_is_named(
    name: str, said: str, parameters: Path, state: State
) -> None:
    with pytest.raises(GivenError, match=said):
        given_snapshot(state, parameters.parent.parent / name)


def test_the_bicep_that_was_named_is_remembered_beside_its_snapshot(
    parameters: Path, state: State
) -> None:
    made = keep(state, parameters, b"{}")
    remember(state, made, parameters)
    assert (source(state), origin(state)) == (made, parameters)
    remember(state, made)
    assert (source(state), origin(state)) == (made, made)
    remember(state, SNAPSHOT)
    assert (source(state), origin(state)) == (SNAPSHOT, SNAPSHOT)
    state.write_json(SOURCE, {"snapshot": str(made)})
    with pytest.raises(BrokenFileError, match="it names no snapshot"):
        origin(state)


def test_a_file_of_parameters_may_use_a_template_of_another_folder(parameters: Path) -> None:
    parameters.write_text("using '../main.bicep'\n")
    assert template_of(parameters).resolve() == parameters.parent.parent / "main.bicep"
