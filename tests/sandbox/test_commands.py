"""In a container, the output leads there: the published address, and compose's commands."""

from pathlib import Path

import pytest

from tests.conftest import Running, keyless
from tests.containers.compose import services

HERE = {
    name: value
    for name, value in services(variables={"GALLERY_PORT": "9000"})["sandbox"][
        "environment"
    ].items()
    if name != "KEYLESS_ASSUME"
}
COMMAND = "docker compose exec sandbox python -m cli"


def test_status_names_the_published_address(sandbox: Running) -> None:
    there = keyless(sandbox.state.root, "status").stdout
    assert f"open     {sandbox.report.gallery}\n" in there
    here = keyless(sandbox.state.root, "status", **HERE).stdout
    assert "open     http://127.0.0.1:9000\n" in here


def test_a_sign_in_is_by_a_command_since_its_page_is_not_published(sandbox: Running) -> None:
    assert sandbox.report.sign_in.page in keyless(sandbox.state.root, "sign-in").stdout
    here = keyless(sandbox.state.root, "sign-in", **HERE).stdout
    assert f"{COMMAND} sign-in CODE" in here
    assert "127.0.0.1" not in here


def test_recreate_says_how_its_roles_are_deployed_and_when_that_counts(tmp_path: Path) -> None:
    here = keyless(tmp_path, "recreate", "gateway", **HERE).stdout
    assert f"it has none until {COMMAND} deploy." in here
    assert "takes effect when the sandbox starts" in here


@pytest.mark.parametrize("command", [["--help"], ["status", "--help"]])
def test_help_begins_with_what_is_typed(tmp_path: Path, command: list[str]) -> None:
    assert f"Usage: {COMMAND}" in keyless(tmp_path, *command, **HERE, COLUMNS="120").stdout


def test_a_command_that_is_named_in_an_error_is_one_that_works(tmp_path: Path) -> None:
    assert f"start one with {COMMAND} up" in keyless(tmp_path, "status", **HERE).stderr
