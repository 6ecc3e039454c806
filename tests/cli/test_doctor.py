"""`./keyless doctor`: its output for people and scripts, and its exit statuses."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.doctor import editing_of
from cli.lab.folders import LabFolders
from local.doctor.evidence import SAMPLE, Editing
from local.rights import READ
from sandbox.audit import FILE, read
from sandbox.state import State
from tests.conftest import Running, keyless, up


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of its own: doctor judges by what other tests were refused within the hour."""
    with up(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


def test_all_services_are_looked_at_one_after_the_other(sandbox: Running) -> None:
    done = sandbox.run("doctor", "--json")
    found = json.loads(done.stdout)
    assert {each["who"] for each in found} == {each.name for each in sandbox.deployment.apps}
    assert all(each["unmet"] == [] and each["met"] for each in found)
    assert all(each["signedIn"]["by"] == "ManagedIdentityCredential" for each in found)


def test_one_service_is_looked_at_as_itself(sandbox: Running) -> None:
    printed = sandbox.run("doctor", "thumbnailer").stdout
    thumbnailer = sandbox.deployment.principal("thumbnailer")
    assert f"as object id {thumbnailer.principal_id}, client id {thumbnailer.client_id}" in printed
    assert "✓ Service Bus Data Receiver on queues/photo-uploads" in printed
    scope = sandbox.deployment.storage.container_id("originals")
    asked = {(each.identity, each.action, each.scope) for each in read(sandbox.state.path(FILE))}
    assert ("thumbnailer", READ, scope) in asked


def test_a_developer_who_has_not_signed_in_is_told_how(sandbox: Running, tmp_path: Path) -> None:
    """Without an Azure CLI on the machine."""
    done = keyless(sandbox.state.root, "doctor", "developer", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "AzureCliCredential: Azure CLI not found on path" in done.stdout
    assert "az login" in done.stdout
    assert done.stderr == ""


def test_a_service_that_is_unknown_is_told_with_those_that_there_are(sandbox: Running) -> None:
    done = sandbox.run("doctor", "nobody")
    assert done.returncode == 69
    names = ", ".join(sorted(each.name for each in sandbox.deployment.apps))
    assert f"no identity is called 'nobody'; choose from {names} and developer" in done.stderr


def test_a_lab_is_mended_in_its_own_copy_of_the_bicep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = LabFolders(tmp_path).of(13)
    lab.root.mkdir()
    lab.snapshot.write_text("{}")
    monkeypatch.setenv("BICEP", sys.executable)  # any program: none is run
    assert editing_of(State(lab.state)) == Editing(
        f"{lab.bicep}/modules/access.bicep", f"./keyless apply --snapshot {lab.parameters}"
    )
    assert editing_of(State(tmp_path / "state")) == SAMPLE
    monkeypatch.setenv("BICEP", "no-such-bicep")
    assert editing_of(State(lab.state)) is None


def test_without_a_sandbox_it_says_how_to_start_one(tmp_path: Path) -> None:
    done = keyless(tmp_path, "doctor")
    assert done.returncode == 69
    assert "start one with ./keyless up" in done.stderr


def test_a_service_of_a_deployed_environment_is_a_contradiction(tmp_path: Path) -> None:
    done = keyless(tmp_path, "doctor", "gateway", "-e", "dev")
    assert done.returncode == 64
    assert done.stderr.count("\n") == 1


def test_an_error_names_its_principal_as_the_sandbox_does(sandbox: Running) -> None:
    done = sandbox.run("doctor", "--explain", _forbidden(sandbox))
    assert done.returncode == 0
    principal = sandbox.deployment.principal("gateway").principal_id
    assert f"principal {principal} (gateway)" in done.stdout
    assert "action    secrets/getSecret/action" in done.stdout


def test_an_error_comes_from_standard_input_too(sandbox: Running) -> None:
    done = subprocess.run(
        ["./keyless", "doctor", "--explain", "-", "--json", "--state", str(sandbox.state.root)],
        input=_forbidden(sandbox),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["name"] == "gateway"


def test_a_text_that_nobody_knows_is_answered_in_one_sentence(tmp_path: Path) -> None:
    done = keyless(tmp_path, "doctor", "--explain", "It does not work.")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "unknown error text" in done.stderr


def test_what_terminals_do_to_a_text_is_undone(tmp_path: Path) -> None:
    """Colours, other line ends, and bytes that are not text in any encoding."""
    text = (
        "\x1b[31mUnauthorized access. \x1b[1m'Listen'\x1b[0m claim(s) are\r\n required to perform "
        "this opera\ntion. Resource: 'sb://ns.servicebus.windows.net/q'\x1b[0m "
    )
    done = subprocess.run(
        ["./keyless", "doctor", "--explain", "-", "--json", "--state", str(tmp_path)],
        input=text.encode() + b"\xff",
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )
    assert json.loads(done.stdout)["scope"].endswith("/namespaces/ns/queues/q")


def test_to_read_a_text_takes_no_sandbox_and_leaves_none(tmp_path: Path) -> None:
    done = keyless(tmp_path / "none", "doctor", "--explain", "AuthorizationFailure")
    assert done.returncode == 0
    assert "network rules" in done.stdout
    assert not (tmp_path / "none").exists()


def test_a_text_is_explained_alone(tmp_path: Path) -> None:
    done = keyless(tmp_path, "doctor", "gateway", "--explain", "AuthorizationFailure")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (64, "", 1)


def test_a_proxy_in_small_letters_leads_nobody_astray(sandbox: Running) -> None:
    """Python's libraries prefer it to the one in upper case, which is the sandbox's."""
    done = keyless(sandbox.state.root, "doctor", "notifier", https_proxy="http://127.0.0.1:9")
    assert "✓ Key Vault Secrets User on secrets/webhook-signing-key" in done.stdout
    assert "✗" not in done.stdout


def _forbidden(sandbox: Running) -> str:
    principal = sandbox.deployment.principal("gateway")
    return (
        "Caller is not authorized to perform action on resource.\n"
        f"Caller: appid={principal.client_id};oid={principal.principal_id};iss=https://a/\n"
        "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\n"
        f"Resource: '{sandbox.deployment.vault.secret_id('webhook-signing-key').lower()}'\n"
    )


def test_what_a_script_of_ones_own_was_refused_is_named_at_once(sandbox: Running) -> None:
    read = [sys.executable, "-P", "cli/read_original.py"]
    host, never = sandbox.deployment.storage.host, "no-such"
    sandbox.run("as", "gateway", "--", *read, f"https://{host}/originals/{never}")
    done = sandbox.run("doctor", "gateway")
    assert "blobs/read on containers/originals: Storage Blob Data Reader or" in done.stdout
    assert "! refused at " in done.stdout
    assert "Only if the program should be allowed" in done.stdout
    assert "./keyless as deployer -- az role assignment create" in done.stdout
    assert done.returncode == 0, "no right of the gateway's own is missing"
    (found,) = json.loads(sandbox.run("doctor", "gateway", "--json").stdout)
    assert READ in {each["action"] for each in found["lately"]}
