"""A parameter file of Bicep as a deployment: compiled beside itself, and nothing else changes."""

from pathlib import Path

import pytest

from sandbox.testing.bicep import BicepError, compiled

# As Bicep does: it writes beside the parameter file, and takes no group for a subscription.
WRITES = 'echo "{}" >"${2%.bicepparam}.snapshot.json"'
FOR_A_SUBSCRIPTION = f"""case "$*" in
*--resource-group*)
    echo 'Resource group name cannot be specified for a template of scope Subscription' >&2
    exit 1
    ;;
*) {WRITES} ;;
esac"""
SAYS = 'echo "$2(1,7) : Error BCP091: An error occurred reading file." >&2; exit 1'


@pytest.fixture
def parameters(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    found = tmp_path / "infra" / "main.bicepparam"
    found.write_text("using 'main.bicep'\n")
    (tmp_path / "infra" / "main.snapshot.json").write_text("the user's own")
    return found


def bicep(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "a-bicep"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("BICEP", str(program))


@pytest.mark.parametrize("script", [WRITES, FOR_A_SUBSCRIPTION])
def test_the_snapshot_is_taken_away_and_the_folder_stays_as_it_was(
    script: str, parameters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bicep(script, tmp_path, monkeypatch)
    made = compiled(parameters, tmp_path)
    assert made == tmp_path / "main.snapshot.json"
    assert made.read_text() == "{}\n"
    assert sorted(each.name for each in parameters.parent.iterdir()) == [
        "main.bicepparam",
        "main.snapshot.json",
    ]
    assert parameters.with_name("main.snapshot.json").read_text() == "the user's own"


def test_the_compilers_first_error_is_the_sentence(
    parameters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bicep(SAYS, tmp_path, monkeypatch)
    with pytest.raises(BicepError) as caught:
        compiled(parameters, tmp_path)
    said = str(caught.value)
    assert said.startswith(f"{parameters} does not compile: ")
    assert said.endswith("the parameter file(1,7) : Error BCP091: An error occurred reading file.")
    assert len(list(parameters.parent.iterdir())) == 2


def test_without_a_compiler_it_says_how_to_get_one(
    parameters: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP", "no-such-bicep")
    with pytest.raises(BicepError, match="needs the Bicep CLI, which was not found"):
        compiled(parameters, tmp_path)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bicep(WRITES, tmp_path, monkeypatch)
    with pytest.raises(BicepError, match=r"cannot compile .*none.bicepparam: No such file"):
        compiled(tmp_path / "none.bicepparam", tmp_path)
