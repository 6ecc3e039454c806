"""`keyless fault`, without a running sandbox where none is needed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.application import application
from sandbox.faults import FAULTS


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "state")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(application("fault"), ["fault", *arguments])


def test_the_list_has_each_fault_as_it_is_written() -> None:
    shown = run("--list").output
    assert [each.name for each in FAULTS if f"\n{each.name} " not in shown] == []
    assert "amqp:link:" in shown


def test_the_list_for_a_script_has_the_sources() -> None:
    found = json.loads(run("--list", "--json").output)
    assert [each["name"] for each in found] == [each.name for each in FAULTS]
    assert all(each["source"] for each in found)


def test_an_incident_is_revealed_without_a_sandbox(state: str) -> None:
    found = json.loads(run("--seed", "7", "--reveal", "--json", "--state", state).output)
    assert [each["fault"] for each in found] == ["partner-503", "bus-gone", "bus-busy"]
    assert found[2] == {"fault": "bus-busy", "on": "catalog", "after": 57, "lasts": 35}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name a fault; ./keyless fault --list shows all of them."),
        (["storage-503", "--for", "soon"], "'soon' is no duration: write 30s, 2m or 1h."),
        (["bus-cut", "--for", "5s"], "bus-cut happens once: leave out --for."),
        (["storage-503", "--seed", "7"], "leave out the others."),
        (["--seed", "7", "--on", "catalog"], "leave out the others."),
        (["--seed", "7", "--for", "5s"], "leave out the others."),
        (["--reveal"], "give the --seed of the incident."),
        (["--seed", "7", "--count", "21", "--reveal"], "an incident has 1 to 20 faults, not 21."),
    ],
)
def test_a_contradiction_is_one_sentence(state: str, arguments: list[str], sentence: str) -> None:
    done = run(*arguments, "--state", state)
    assert done.exit_code != 0
    assert " ".join(done.output.split()).endswith(sentence)


def test_a_fault_needs_a_running_sandbox(state: str) -> None:
    done = run("storage-503", "--state", state)
    assert done.exit_code != 0
    assert "no sandbox is running" in done.output
