"""`./keyless up --as developer`: the services run under the developer's sign-in, as on a laptop."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from cli.demo_run import send, wait_until_done, webhooks
from cli.photos import uploads
from sandbox.audit import Outcome
from sandbox.state import PROJECT, State
from services.common.credential import open_credential
from tests.azure_cli import found_az
from tests.conftest import Running, keyless

_CODE = re.compile(r"\./keyless sign-in ([A-Z0-9]{9})")
_UP = ("up", "--detach", "--port", "0", "--as", "developer")
_ALONE = ("--stand-in", "--endpoints")


@pytest.fixture(scope="module")
def developers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox whose services run as the developer, by the Azure CLI where there is one.

    tests/e2e/test_local.py has them run by its stand-in.
    """
    state, real = tmp_path_factory.mktemp("developers"), found_az()
    path = f"{real.parent}:{os.environ['PATH']}" if real else os.environ["PATH"]
    started = keyless(state, *_UP, "--approve", *["--stand-in"] * (not real), PATH=path)
    assert started.returncode == 0, started.stdout + started.stderr
    by = str(real) if real else "Keyless's stand-in for the Azure CLI"
    assert f"signed in as the developer, with {by}" in started.stdout
    yield Running(State.open(state))
    keyless(state, "down")


def test_a_photo_goes_through_the_services_under_the_developers_roles_alone(
    developers: Running,
) -> None:
    upload, gallery = uploads()[0], developers.report.gallery
    arrival = wait_until_done(gallery, upload, send(gallery, upload))
    assert arrival.state == "processed"
    assert arrival.thumbnail
    until(lambda: arrival.id in webhooks(developers.state))
    decided = [each for each in developers.audit() if each.outcome is not Outcome.REFUSED]
    others = [each for each in decided if each.identity != "developer"]
    # Before any service ran, the operator set the signing key.
    assert {(each.identity, each.operation) for each in others} == {("operator", "SecretSet")}
    scopes = {each.scope.rsplit("/", 1)[-1] for each in decided if each not in others}
    assert {"originals", "thumbnails", "catalog", "webhook-signing-key"} <= scopes
    bus = developers.deployment.bus
    assert {each.name for each in bus.queues} | {each.name for each in bus.topics} <= scopes
    assert {each.name for each in bus.topics[0].subscriptions} <= scopes


def test_no_service_gets_a_token_of_a_managed_identity(developers: Running) -> None:
    issued = [each for each in developers.audit() if each.outcome is Outcome.ISSUED]
    assert {each.service for each in issued} == {"login"}
    assert {each.identity for each in issued} == {"developer"}
    assert "Catalog.Read" in {each.role for each in issued}
    for service in developers.report.services:
        assert service.environment["AZURE_TOKEN_CREDENTIALS"] == "dev"
        assert not {"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_CLIENT_ID"} & set(
            service.environment
        )


def test_no_service_and_no_status_is_told_the_key_that_approves_a_sign_in(
    developers: Running,
) -> None:
    key = developers.report.sign_in.key
    assert key in developers.run("sign-in").stdout
    assert key not in developers.run("status", "--json").stdout
    assert key not in str([each.environment for each in developers.report.services])


def test_what_the_developer_may_not_is_denied_to_who_holds_that_environment(
    developers: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = developers.report.service("gateway").environment
    for name, value in gateway.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(developers.state.folder("home")))
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)
    service = BlobServiceClient(
        gateway["AZURE_STORAGE_BLOB_ENDPOINT"], open_credential(None), retry_total=0
    )
    blob = service.get_blob_client("originals", "not-to-be-deleted")
    blob.upload_blob(b"pixels")
    with pytest.raises(HttpResponseError) as refusal:
        blob.delete_blob()
    assert getattr(refusal.value, "error_code", "") == "AuthorizationPermissionMismatch"
    denied = [each for each in developers.audit() if each.outcome is Outcome.DENIED]
    assert (denied[-1].identity, denied[-1].action.rsplit("/", 1)[-1]) == ("developer", "delete")


def test_the_first_start_asks_for_the_sign_in_and_the_next_is_silent(tmp_path: Path) -> None:
    """Without the services: the sandbox starts them after the sign-in, as the others here see."""
    command = [sys.executable, "-m", "cli", *_UP, *_ALONE, "--state", str(tmp_path)]
    output = ""
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as starting:
        assert starting.stdout is not None
        for line in starting.stdout:
            output += line
            if found := _CODE.search(line):
                assert "services are waiting for you to sign in as the developer" in output
                assert keyless(tmp_path, "sign-in", found[1]).returncode == 0
    assert starting.returncode == 0, output
    assert len(_CODE.findall(output)) == 1
    assert keyless(tmp_path, "down").returncode == 0
    try:
        again = keyless(tmp_path, *_UP, *_ALONE)
        assert again.returncode == 0, again.stdout + again.stderr
        assert "signed in as the developer" in again.stdout
        assert "./keyless sign-in" not in again.stdout
    finally:
        keyless(tmp_path, "down")


def test_a_start_that_is_declined_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli", *_UP, "--stand-in", "--state", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as starting:
        assert starting.stdout is not None
        code = next(found[1] for line in starting.stdout if (found := _CODE.search(line)))
        assert keyless(tmp_path, "sign-in", "WRONGCODE").returncode == 69
        assert keyless(tmp_path, "sign-in", code, "--decline").returncode == 0
        _, errors = starting.communicate()
    assert starting.returncode == 69
    assert "the developer has not signed in" in errors
    assert "denied the authorization" in errors
    assert keyless(tmp_path, "status").returncode == 69


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--as gateway", "not as 'gateway'"),
        ("--approve", "need --as developer"),
        ("--stand-in", "need --as developer"),
    ],
)
def test_options_that_make_no_sense_are_said(tmp_path: Path, arguments: str, sentence: str) -> None:
    done = keyless(tmp_path, "up", *shlex.split(arguments))
    assert done.returncode == 64
    assert sentence in " ".join(done.stderr.split())


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
