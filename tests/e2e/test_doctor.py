"""`./keyless doctor` in a deployed environment, as the signed-in user; the sandbox is Azure."""

import json
from pathlib import Path

import pytest

from tests.conftest import Running
from tests.e2e.test_local import values


@pytest.fixture
def env_file(sandbox: Running, tmp_path: Path) -> Path:
    path = tmp_path / "azure.env"
    lines = (f"{name}={json.dumps(value)}" for name, value in values(sandbox.deployment).items())
    path.write_text("\n".join(lines))
    return path


def test_who_has_a_part_of_the_rights_is_told_what_is_missing_and_how_to_compare_it(
    sandbox: Running, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No data role lets its holder read role assignments: only probing shows the rights."""
    sandbox.act_as("notifier", monkeypatch)
    done = sandbox.run("doctor", "--env-file", str(env_file))
    me = sandbox.deployment.principal("notifier").principal_id
    originals = sandbox.deployment.storage.container_id("originals")
    assert done.returncode == 1
    assert f"✓ signed in by ManagedIdentityCredential as object id {me}" in done.stdout
    assert "✓ Key Vault Secrets User on secrets/webhook-signing-key" in done.stdout
    assert (
        "✗ Storage Blob Data Reader on containers/originals, for thumbnailer: "
        "403 AuthorizationPermissionMismatch"
    ) in done.stdout
    assert (
        f"az role assignment create --assignee-object-id {me} --assignee-principal-type "
        f'ServicePrincipal --role "Storage Blob Data Reader" --scope {originals}'
    ) in done.stdout
    assert f"az role assignment list --all --include-groups --assignee {me}" in done.stdout


def test_a_laptop_that_takes_itself_for_azure_is_told_so(
    sandbox: Running, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.act_as("notifier", monkeypatch)
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    monkeypatch.delenv("IDENTITY_HEADER")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    done = sandbox.run("doctor", "--env-file", str(env_file))
    assert done.returncode == 1
    assert "✗ not signed in: no credential returned a token" in done.stdout
    assert "IDENTITY_ENDPOINT is not set" in done.stdout
    assert "az login, and AZURE_TOKEN_CREDENTIALS=dev" in done.stdout
    assert done.stderr == ""


def test_values_of_nothing_deployed_are_one_sentence(sandbox: Running, tmp_path: Path) -> None:
    (tmp_path / "azure.env").write_text("AZURE_ENV_NAME=dev\n")
    done = sandbox.run("doctor", "--env-file", str(tmp_path / "azure.env"))
    assert done.returncode == 69
    assert "has no AZURE_SUBSCRIPTION_ID" in done.stderr
