"""The words and options of `./keyless lab`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.application import application

_LAB = application("lab")


def run(labs: Path, *words: str) -> Result:
    return CliRunner().invoke(_LAB, ["lab", *words], env={"KEYLESS_LABS": str(labs)})


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["chekc"], "unknown: lab 'chekc'; choose from a number, list, check, hint, solution,"),
        (["99", "--predict", "yes"], "there is no lab 99; choose from"),
        (["3", "--predict", "maybe"], "--predict is yes or no, not 'maybe'."),
        (["check", "--apply"], "--apply does not go with ./keyless lab check."),
        (["3", "--watch"], "--watch does not go with ./keyless lab 3."),
        (["list", "--json"], "--json does not go with ./keyless lab list."),
        (["ready", "--to", "x"], "--to does not go with ./keyless lab ready."),
        (["check"], "no lab is open; start one: ./keyless lab NUMBER."),
        (["pack", "--to", "no/such/folder/room"], "there is no folder "),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, words: list[str], sentence: str) -> None:
    done = run(tmp_path, *words)
    assert done.exit_code not in {0, 1}
    assert sentence in " ".join(done.output.split())


def test_a_lab_begins_with_a_prediction(tmp_path: Path) -> None:
    done = run(tmp_path, "3")
    assert done.exit_code == 64
    assert "Answer first: --predict yes, or --predict no." in " ".join(done.output.split())
    assert not (tmp_path / "03").exists()


def test_the_commands_of_a_story_are_for_the_folder_in_use(tmp_path: Path) -> None:
    done = run(tmp_path, "4")
    assert f"-- .venv/bin/python {tmp_path}/04/work/show.py" in done.output.replace("\n", "")
    assert ".keyless/labs" not in done.output


def test_a_room_s_machine_is_looked_at_as_by_the_launcher(tmp_path: Path) -> None:
    done = run(tmp_path, "ready", "--json")
    assert {each["check"] for each in json.loads(done.output)} >= {"Python", "Ports", "Clock"}


def test_enter_alone_is_no_prediction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.lab.begin.interactive", lambda: True)
    done = CliRunner().invoke(_LAB, ["lab", "3"], "\n", {"KEYLESS_LABS": str(tmp_path)})
    assert "[y/n]" in done.output
    assert done.exit_code != 0
    assert not (tmp_path / "03").exists()


def test_a_story_s_commands_are_indented_on_a_terminal(tmp_path: Path) -> None:
    done = run(tmp_path, "4")
    assert "```" not in done.output
    assert "\n  ./keyless as gateway -- " in done.output
