"""Identities that are deleted and recreated, from the command line to the services and back."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusAuthorizationError
from azure.storage.blob import BlobServiceClient

from sandbox.audit import Outcome
from sandbox.state import PROJECT, State
from sandbox.supervisor import running
from services.common.bus import open_client
from services.common.credential import open_credential
from tests.conftest import Running, keyless

BLOB, VAULT = "https://storage.azure.com/.default", "https://vault.azure.net/.default"
Act = Callable[[Running, str], "Requests"]


class Kept:
    """A token that was put by."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, 2**31)


class Requests:
    """Requests to each plane under a service's identity."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._credential: Any = open_credential(variables.get("AZURE_CLIENT_ID"))

    def token(self, scope: str) -> Kept:
        return Kept(self._credential.get_token(scope).token)

    def thumbnail(self, credential: Any = None) -> bool:
        """Return whether a thumbnail `no-such` exists. Raises HttpResponseError if denied."""
        account = self._variables["AZURE_STORAGE_BLOB_ENDPOINT"]
        client = BlobServiceClient(account, credential or self._credential, retry_total=0)
        return client.get_blob_client("thumbnails", "no-such").exists()

    def secret(self, credential: Any = None) -> bool:
        """Return whether the signing key exists. Raises HttpResponseError if denied."""
        url = self._variables["AZURE_KEY_VAULT_ENDPOINT"]
        client = SecretClient(url, credential or self._credential, retry_total=0)
        return bool(client.get_secret(self._variables["WEBHOOK_SECRET_NAME"]).value)

    def send(self) -> None:
        """Raises ServiceBusAuthorizationError where it is denied."""
        namespace = self._variables["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"]
        with (
            open_client(namespace, self._credential) as client,
            client.get_queue_sender("photo-uploads") as sender,
        ):
            sender.send_messages(ServiceBusMessage(b"{}"))


@pytest.fixture
def act(monkeypatch: pytest.MonkeyPatch) -> Act:
    return lambda sandbox, service: Requests(dict(sandbox.act_as(service, monkeypatch)))


@contextmanager
def started(state: Path, *options: str) -> Iterator[Running]:
    """A sandbox that need not become ready, since `up --detach` would wait for that."""
    with started_by(state, "cli", "up", "--state", str(state), "--port", "0", *options) as one:
        yield one


@contextmanager
def started_by(state: Path, *module: str) -> Iterator[Running]:
    """The sandbox that a module, with its arguments, starts on `state`."""
    command = [sys.executable, "-m", *module]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    opened = State.open(state)
    try:
        until(lambda: running(opened) is not None)
        yield Running(opened)
    finally:
        process.terminate()
        process.wait(60)


def until(true: Callable[[], bool], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def waits_for(sandbox: Running, service: str) -> tuple[str, ...]:
    return sandbox.report.service(service).failing


def test_the_new_one_is_denied_and_the_old_ones_token_is_not_until_the_roles_are_deployed(
    tmp_path: Path, act: Act
) -> None:
    with started(tmp_path) as sandbox:
        until(lambda: sandbox.report.ready)
        notifier = act(sandbox, "notifier")
        old_notifier = notifier.token(VAULT)
        assert notifier.secret()
        gateway = act(sandbox, "gateway")
        old_gateway = gateway.token(BLOB)
        assert gateway.thumbnail() is False
        gateway.send()
        for service in ("gateway", "notifier"):
            output = keyless(tmp_path, "recreate", service).stdout
            assert "generation 2" in output
            assert f"restarts  {service}" in output
        denied(sandbox, act, old_gateway, old_notifier)
        output = keyless(tmp_path, "deploy").stdout
        for service in ("gateway", "notifier"):
            named = sandbox.deployment.principal(service).principal_id
            assert f"role assignments name {named}" in output

        until(lambda: not sandbox.report.late)
        notifier = act(sandbox, "notifier")
        assert notifier.secret()
        assert notifier.secret(old_notifier)
        gateway = act(sandbox, "gateway")
        assert gateway.thumbnail() is False
        assert gateway.thumbnail(old_gateway) is False
        gateway.send()
        assert "Nothing to deploy" in keyless(tmp_path, "deploy").stdout


def denied(sandbox: Running, act: Act, old_gateway: Kept, old_notifier: Kept) -> None:
    """Each plane denies the new identities in Azure's words, and takes the old ones' tokens."""
    until(lambda: bool(waits_for(sandbox, "gateway")) and bool(waits_for(sandbox, "notifier")))
    gateway = act(sandbox, "gateway")
    with pytest.raises(HttpResponseError) as blob:
        gateway.thumbnail()
    assert blob.value.status_code == 403
    assert getattr(blob.value, "error_code", "") == "AuthorizationPermissionMismatch"
    with pytest.raises(ServiceBusAuthorizationError, match="'Send' claim"):
        gateway.send()
    the_catalog_refuses(sandbox)
    assert gateway.thumbnail(old_gateway) is False
    notifier = act(sandbox, "notifier")
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
        notifier.secret()
    assert notifier.secret(old_notifier)
    decided = {(each.identity, each.outcome) for each in sandbox.audit()}
    for name in ("gateway", "notifier"):
        assert (name, Outcome.DENIED) in decided
        assert (f"{name} (deleted)", Outcome.ALLOWED) in decided


def test_nobody_waits_for_a_service_that_has_no_role(tmp_path: Path) -> None:
    assert keyless(tmp_path, "recreate", "notifier").returncode == 0
    refused = keyless(tmp_path, "demo", "--exit", "--port", "0")
    assert refused.returncode == 69
    assert refused.stderr.startswith("keyless: notifier was recreated and has no role")
    assert "./keyless deploy" in refused.stderr
    assert keyless(tmp_path, "deploy").returncode == 0
    assert keyless(tmp_path, "recreate", "platform").returncode == 0
    started = keyless(tmp_path, "up", "--detach", "--port", "0")
    keyless(tmp_path, "down")
    assert started.returncode == 0, started.stderr


def the_catalog_refuses(sandbox: Running) -> None:
    """The gateway names the app role that it lacks, in /readyz and, with why, in its log."""
    log = sandbox.state.folder("logs") / "gateway.log"
    until(lambda: "carries no app role Catalog.Read" in log.read_text())
    assert "cached for up to a day" in log.read_text()
    assert "Catalog.Read" in waits_for(sandbox, "gateway")
