"""A user's sign-in by `az login`: allowed and denied requests of their roles.

The same tests run with the real Azure CLI and with its stand-in.
"""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import AzureCliCredential, CredentialUnavailableError
from azure.keyvault.secrets import SecretClient
from azure.servicebus.exceptions import ServiceBusError
from azure.storage.blob import BlobServiceClient

from sandbox.audit import Outcome
from sandbox.partner.receiver import KEY_FILE
from services.common.bus import open_client
from services.common.credential import open_credential
from tests.azure_cli import BOTH, Cli, at_home, real_az, the_az
from tests.conftest import Running

SECRET = "webhook-signing-key"


@pytest.fixture(params=BOTH)
def cli(
    request: pytest.FixtureRequest,
    sandbox: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """An Azure CLI in the developer's environment, not yet signed in."""
    az = the_az(request.param, sandbox.state)
    variables = {**sandbox.act_as("developer", monkeypatch), "AZURE_CONFIG_DIR": str(tmp_path)}
    for name, value in at_home(tmp_path, variables, az).items():
        monkeypatch.setenv(name, value)
    return Cli(az, at_home(tmp_path, variables, az))


def blobs(cli: Cli) -> BlobServiceClient:
    endpoint = cli.environment["AZURE_STORAGE_BLOB_ENDPOINT"]
    return BlobServiceClient(endpoint, AzureCliCredential(process_timeout=60), retry_total=0)


def vault(cli: Cli) -> SecretClient:
    endpoint = cli.environment["AZURE_KEY_VAULT_ENDPOINT"]
    return SecretClient(endpoint, AzureCliCredential(process_timeout=60), retry_total=0)


def test_before_anybody_signs_in_the_sdk_says_what_to_run(cli: Cli, sandbox: Running) -> None:
    with pytest.raises(CredentialUnavailableError, match="Please run 'az login'"):
        AzureCliCredential(process_timeout=60).get_token("https://storage.azure.com/.default")
    cli.log_in(sandbox)
    assert AzureCliCredential(process_timeout=60).get_token("https://storage.azure.com/.default")


def test_the_developer_has_what_the_services_have_together_and_no_more(
    cli: Cli, sandbox: Running
) -> None:
    cli.log_in(sandbox)
    before, name = len(sandbox.audit()), f"test-{uuid.uuid4()}"
    original = blobs(cli).get_blob_client("originals", name)
    original.upload_blob(b"pixels")
    assert original.download_blob().readall() == b"pixels"
    with pytest.raises(HttpResponseError) as refusal:
        original.delete_blob()
    assert getattr(refusal.value, "error_code", "") == "AuthorizationPermissionMismatch"

    assert vault(cli).get_secret(SECRET).value
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
        vault(cli).set_secret(SECRET, "mine")

    of_developer = [each for each in sandbox.audit()[before:] if each.identity == "developer"]
    denied = {each.action for each in of_developer if each.outcome is Outcome.DENIED}
    assert {each.rpartition("/containers/")[2] for each in denied} >= {"blobs/delete"}
    allowed = {each.role for each in of_developer if each.outcome is Outcome.ALLOWED}
    assert "Storage Blob Data Reader" in allowed


def test_the_developer_reaches_service_bus_through_the_sdk(cli: Cli, sandbox: Running) -> None:
    cli.log_in(sandbox)
    namespace = cli.environment["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"]
    with open_client(namespace, AzureCliCredential(process_timeout=60)) as client:
        with client.get_subscription_receiver("photo-events", "catalog") as receiver:
            assert receiver.peek_messages() is not None
        with (
            pytest.raises(ServiceBusError, match="'Listen' claim"),
            client.get_queue_receiver("photo-events") as topic,
        ):
            topic.peek_messages()


def test_the_operator_sets_the_one_secret_and_reads_nothing(cli: Cli, sandbox: Running) -> None:
    cli.log_in(sandbox, "operator")
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
        vault(cli).get_secret(SECRET)
    with pytest.raises(HttpResponseError) as refusal:
        list(blobs(cli).get_container_client("originals").list_blobs())
    assert getattr(refusal.value, "error_code", "") == "AuthorizationPermissionMismatch"
    # The key that the partner has already, so that it still verifies with it.
    held = json.loads(sandbox.state.path(KEY_FILE).read_text())
    assert vault(cli).set_secret(SECRET, held["key"]).properties.enabled


def test_services_credential_takes_the_developers_sign_in(cli: Cli, sandbox: Running) -> None:
    cli.log_in(sandbox)
    token = open_credential(None).get_token("https://storage.azure.com/.default")
    assert token.token


@pytest.fixture
def az(sandbox: Running, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """The real one, with the developer signed in."""
    variables = {**sandbox.environment("developer"), "AZURE_CONFIG_DIR": str(tmp_path)}
    cli = Cli(real_az(), at_home(tmp_path, variables))
    cli.log_in(sandbox)

    def run(*arguments: str) -> tuple[int, str, str]:
        done = cli.run(*arguments)
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_azure_clis_own_commands_do_what_the_developers_roles_say(
    sandbox: Running, az: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    deployment = sandbox.deployment
    account = ("--account-name", deployment.storage.name, "--auth-mode", "login")
    blob = (*account, "--container-name", "thumbnails")
    photo, copy = tmp_path / "photo", tmp_path / "copy"
    photo.write_bytes(b"pixels")
    name = f"test-{uuid.uuid4()}"

    status, shown, _ = az("account", "show", "--output", "json")
    assert status == 0
    assert json.loads(shown)["user"]["name"] == "developer@keyless.example"

    assert az("storage", "blob", "upload", *blob, "--name", name, "--file", str(photo))[0] == 0
    status, listed, _ = az(
        "storage", "blob", "list", *blob, "--query", "[].name", "--output", "tsv"
    )
    assert name in listed.split()
    assert az("storage", "blob", "download", *blob, "--name", name, "--file", str(copy))[0] == 0
    assert copy.read_bytes() == b"pixels"
    status, _, refusal = az("storage", "blob", "delete", *blob, "--name", name)
    assert status != 0
    assert "do not have the required permissions" in refusal

    secret = ("keyvault", "secret", "show", "--vault-name", deployment.vault.name)
    assert az(*secret, "--name", SECRET, "--query", "value", "--output", "tsv")[1].strip()
    status, _, refusal = az("keyvault", "secret", "list", "--vault-name", deployment.vault.name)
    assert status != 0
    assert "ForbiddenByRbac" in refusal

    status, _, refusal = az("group", "list")
    assert status != 0
    assert "AuthorizationFailed" in refusal


def test_the_azure_cli_goes_on_without_the_directory(
    az: Callable[..., tuple[int, str, str]],
) -> None:
    status, _, refusal = az("ad", "signed-in-user", "show")
    assert status != 0
    assert "Insufficient privileges to complete the operation." in refusal
    # It looks up the assignee, and goes on to Resource Manager with the bare id.
    whom = ("--assignee", "11111111-1111-4111-8111-111111111111")
    status, _, refusal = az("role", "assignment", "list", *whom)
    assert status != 0
    assert "Microsoft.Authorization/roleAssignments/read" in refusal
    status, _, refusal = az(
        "account", "get-access-token", "--resource", "https://database.windows.net"
    )
    assert status != 0
    assert "AADSTS500011" in refusal
    assert "This sandbox has https://storage.azure.com, https://vault.azure.net," in refusal
