"""`./keyless local`: the sign-in and each right, then the services; the sandbox as Azure."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from azure.identity import AzureCliCredential

from cli.demo_run import send, wait_until_done
from cli.photos import uploads
from sandbox.deployment import Deployment
from sandbox.state import PROJECT
from sandbox.storage import free_port
from tests.conftest import Running, up

SCOPES = (
    "https://storage.azure.com/.default",
    "https://vault.azure.net/.default",
    "https://servicebus.azure.net/.default",
)
ON_AZURE_ALONE = {"AZURE_CLIENT_ID", "AZURE_TOKEN_CREDENTIALS", "CATALOG_ENDPOINT"}


def values(deployment: Deployment) -> dict[str, str]:
    """Return the values that azd would have for the sandbox's deployment."""
    settings = {
        f"{app.name.upper()}_SETTINGS": json.dumps(
            [
                {"name": name, "value": value}
                for name, value in app.environment.items()
                if name not in ON_AZURE_ALONE
            ]
        )
        for app in deployment.apps
    }
    return settings | {
        "AZURE_SUBSCRIPTION_ID": deployment.subscription_id,
        "AZURE_RESOURCE_GROUP": deployment.vault.id.split("/")[4],
        "AZURE_TENANT_ID": deployment.tenant_id,
        "AZURE_STORAGE_BLOB_ENDPOINT": f"https://{deployment.storage.host}/",
        "AZURE_KEY_VAULT_ENDPOINT": f"https://{deployment.vault.host}/",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": deployment.bus.host,
        "DEVELOPER_PRINCIPAL_ID": deployment.principal("developer").principal_id,
        "OPERATOR_PRINCIPAL_ID": deployment.principal("operator").principal_id,
    }


def written(sandbox: Running, folder: Path) -> Path:
    """The file that `azd env get-values` would make of it."""
    path = folder / "azure.env"
    lines = (f"{name}={json.dumps(value)}" for name, value in values(sandbox.deployment).items())
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def env_file(sandbox: Running, tmp_path: Path) -> Path:
    return written(sandbox, tmp_path)


def checked(sandbox: Running, env_file: Path) -> "subprocess.CompletedProcess[str]":
    return sandbox.run("local", "--check", "--env-file", str(env_file))


def test_who_has_a_part_of_the_rights_hears_which_and_nothing_starts(
    sandbox: Running, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.act_as("notifier", monkeypatch)
    done = checked(sandbox, env_file)
    assert done.returncode == 69, done.stderr
    there = [line for line in done.stdout.splitlines() if line.startswith("✓")]
    assert [line.partition(" on ")[2] for line in there[1:]] == [
        "secrets/webhook-signing-key, for notifier",
        "subscriptions/notifier, for notifier",
    ]
    assert (
        "✗ Storage Blob Data Reader on containers/originals, for thumbnailer: "
        "403 AuthorizationPermissionMismatch"
    ) in done.stdout
    me = sandbox.deployment.principal("notifier").principal_id
    assert f"azd env set DEVELOPER_PRINCIPAL_ID {me} && azd provision" in done.stdout


def test_the_developer_whose_right_is_missing_hears_the_command_that_grants_it(
    sandbox: Running, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.act_as("notifier", monkeypatch)
    me = sandbox.deployment.principal("notifier").principal_id
    with env_file.open("a") as file:
        file.write(f"\nDEVELOPER_PRINCIPAL_ID={me}\n")
    output = checked(sandbox, env_file).stdout
    originals = sandbox.deployment.storage.container_id("originals")
    assert (
        f"az role assignment create --assignee-object-id {me} --assignee-principal-type User "
        f'--role "Storage Blob Data Reader" --scope {originals}'
    ) in output


def test_a_sign_in_of_another_tenant_is_refused_before_anything_is_asked(
    sandbox: Running, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.act_as("notifier", monkeypatch)
    with env_file.open("a") as file:
        file.write("\nAZURE_TENANT_ID=7e4a4700-0000-4000-8000-0000000000ff\n")
    done = checked(sandbox, env_file)
    assert done.returncode == 69
    assert "az login --tenant 7e4a4700-0000-4000-8000-0000000000ff" in done.stderr
    assert "Blob" not in done.stdout


def test_values_of_nothing_deployed_are_one_sentence(sandbox: Running, tmp_path: Path) -> None:
    (tmp_path / "azure.env").write_text("AZURE_ENV_NAME=dev\n")
    done = checked(sandbox, tmp_path / "azure.env")
    assert done.returncode == 69
    assert "has no AZURE_SUBSCRIPTION_ID: is the environment deployed" in done.stderr


@pytest.fixture(scope="module")
def developers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox in which the developer is signed in, and the Azure CLI has their tokens.

    One after another: where `local` asked for many at first, each would ask the sign-in again.
    """
    options = ("--as", "developer", "--approve", "--stand-in", "--endpoints")
    with up(tmp_path_factory.mktemp("developers"), *options) as running:
        with pytest.MonkeyPatch.context() as shell:
            as_developer(running, shell)
            credential = AzureCliCredential(process_timeout=60)
            for scope in SCOPES:
                credential.get_token(scope)
        yield running


@pytest.fixture
def developers_file(developers: Running, tmp_path: Path) -> Path:
    return written(developers, tmp_path)


def as_developer(developers: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell as a laptop has it: a sign-in, a company's proxy, and no identity endpoint."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.delenv(name, raising=False)
    developers.act_as("gateway", monkeypatch)
    monkeypatch.setenv("PATH", f"{developers.state.path('bin')}:{os.environ['PATH']}")


def test_the_developer_has_every_right_that_the_services_need(
    developers: Running, developers_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_developer(developers, monkeypatch)
    done = checked(developers, developers_file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    assert done.stdout.count(", for ") >= 10


def test_the_rows_that_azure_is_asked_hold_where_the_sandbox_is_azure(
    developers: Running, developers_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of them, since each asks the Azure CLI's stand-in for a token."""
    as_developer(developers, monkeypatch)
    monkeypatch.setenv("KEYLESS_AZURE", str(developers_file))
    some = "developer and (thumbnails or webhook or send)"
    command = [sys.executable, "-m", "pytest", "-m", "azure_verified", "-k", some]
    done = subprocess.run(
        [*command, "tests/access/test_azure.py"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "........ " in done.stdout


def test_a_photo_goes_through_the_services_that_run_here(
    developers: Running, developers_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_developer(developers, monkeypatch)
    port = free_port()
    command = ["local", "--env-file", str(developers_file), "--port", str(port)]
    local = subprocess.Popen(
        [sys.executable, "-m", "cli", *command],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        gallery = f"http://127.0.0.1:{port}"
        wait_until_ready(local, gallery)
        upload = uploads()[0]
        assert wait_until_done(gallery, upload, send(gallery, upload)).state == "processed"
    finally:
        local.terminate()
        output, _ = local.communicate(timeout=90)
    assert local.returncode == 0, output
    assert "✓ gateway" in output


def wait_until_ready(process: "subprocess.Popen[str]", gallery: str) -> None:
    deadline = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if requests.get(f"{gallery}/readyz", timeout=5).ok:
                return
        time.sleep(0.2)
    process.terminate()
    pytest.fail(f"the services were not ready: {process.communicate()[0]}")
