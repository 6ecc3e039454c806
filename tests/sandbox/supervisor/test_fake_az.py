"""The stand-in for the Azure CLI: its two commands, and its errors for all others."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from sandbox.state import State
from sandbox.supervisor import Az, fake_az
from sandbox.supervisor.fake_az import _whole_name, _WholeFile

SCRIPT = Path("sandbox/supervisor/fake_az.py")


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", SCRIPT, *arguments],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["storage", "blob", "list"],
        ["login"],
        ["login", "--service-principal"],
        ["account", "show"],
        ["account", "get-access-token", "--output", "table"],
        ["account", "get-access-token", "--subscription", "mine"],
    ],
)
def test_every_other_command_is_refused_by_who_it_is(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, AZURE_CONFIG_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: az" in done.stderr
    assert "Keyless's stand-in for the Azure CLI" in run("--help").stdout


@pytest.mark.parametrize("lacking", ["AZURE_CONFIG_DIR", "HTTPS_PROXY"])
def test_without_the_way_to_the_sandbox_it_asks_nobody(tmp_path: Path, lacking: str) -> None:
    token = ("account", "get-access-token", "--output", "json")
    led = {"AZURE_CONFIG_DIR": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"}
    # Led there, it is as far as the Azure CLI is before anybody has signed in.
    assert "Please run 'az login'" in run(*token, **led).stderr
    del led[lacking]
    done = run(*token, **led)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{lacking} is not set" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_azure_cli_on_the_path_comes_first_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, installed = State.open(tmp_path / "state"), tmp_path / "installed" / "az"
    installed.parent.mkdir()
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    monkeypatch.setenv("PATH", str(installed.parent))
    assert Az.found(state) == Az(installed, stands_in=False)
    assert str(Az.found(state)) == str(installed)
    chosen = Az.found(state, stand_in=True)
    assert chosen.path == state.path("bin") / "az"
    assert str(chosen) == "Keyless's stand-in for the Azure CLI"
    installed.unlink()
    assert Az.found(state) == chosen


def test_the_stand_in_is_the_users_own_program(tmp_path: Path) -> None:
    path = Az.found(State.open(tmp_path / "a state's folder"), stand_in=True).path
    assert path.stat().st_mode & 0o777 == 0o700
    help_ = subprocess.run([path, "--help"], capture_output=True, text=True, check=True)
    assert "stand-in" in help_.stdout


def test_the_cache_is_replaced_whole_so_that_no_other_az_reads_it_empty(tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    cache = _WholeFile(str(path))
    cache.save("first")
    with path.open() as reader:
        cache.save("second")
        assert reader.read() == "first"
    assert cache.load() == "second"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("Keyless Blob Keeper", "Keyless Blob Keeper (sandbox-1a)"),
        ("Service Bus Data Sender", "Azure Service Bus Data Sender"),
    ],
)
def test_a_short_name_of_a_role_leads_to_its_whole_name(short: str, whole: str) -> None:
    known = ["Owner", "Keyless Blob Keeper (sandbox-1a)", "Azure Service Bus Data Sender"]
    assert _whole_name(short, known) == f"\nkeyless: its whole name is '{whole}'."
    assert _whole_name("Blob Keeper", known) == _whole_name("", known) == ""


SCOPE = "/subscriptions/5b0a/resourceGroups/photos"
ROLE = "/subscriptions/5b0a/providers/Microsoft.Authorization/roleDefinitions/2a2b9908"
PRINCIPAL = "9d5c3f6e-0000-4000-8000-00000000000a"
EXISTING = {
    "id": f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/one",
    "properties": {"scope": SCOPE, "roleDefinitionId": ROLE, "principalId": PRINCIPAL},
}


@pytest.mark.parametrize("spelled", [str, str.upper])
def test_an_assignment_that_exists_is_shown_however_its_ids_are_spelled(
    monkeypatch: pytest.MonkeyPatch, spelled: Callable[[str], str]
) -> None:
    def send(_: fake_az.Roles, method: str, url: str, **__: object) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 409 if method == "PUT" else 200
        answer._content = json.dumps({"value": [EXISTING]}).encode()
        return answer

    monkeypatch.setattr(fake_az.Roles, "_send", send)
    role = f"/subscriptions{spelled(ROLE.removeprefix('/subscriptions'))}"
    words = ["role", "assignment", "create", "--scope", SCOPE, "--role", role]
    asked = fake_az._parser().parse_args([*words, "--assignee-object-id", spelled(PRINCIPAL)])
    assert fake_az.Roles(None, asked).run()["id"] == EXISTING["id"]
