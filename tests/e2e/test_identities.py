"""The SDKs themselves, in a service's shoes: requests that the roles allow, and others denied."""

import shlex
import subprocess
import uuid
from collections.abc import Callable

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusError
from azure.storage.blob import BlobServiceClient

from sandbox.audit import Outcome, Record
from sandbox.state import PROJECT
from services.common.bus import open_client
from services.common.credential import open_credential
from tests.conftest import Running


@pytest.fixture
def shoes(sandbox: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Step into a service's shoes."""
    return lambda service: dict(sandbox.act_as(service, monkeypatch))


def blobs(variables: dict[str, str]) -> BlobServiceClient:
    credential = open_credential(variables.get("AZURE_CLIENT_ID"))
    return BlobServiceClient(variables["AZURE_STORAGE_BLOB_ENDPOINT"], credential, retry_total=0)


def secrets(variables: dict[str, str]) -> SecretClient:
    credential = open_credential(variables.get("AZURE_CLIENT_ID"))
    return SecretClient(variables["AZURE_KEY_VAULT_ENDPOINT"], credential, retry_total=0)


def last(sandbox: Running, identity: str, outcome: Outcome) -> Record:
    found = [each for each in sandbox.audit() if each.identity == identity]
    return next(each for each in reversed(found) if each.outcome is outcome)


def test_the_gateway_stores_an_original_that_only_the_thumbnailer_can_read(
    sandbox: Running, shoes: Callable[[str], dict[str, str]]
) -> None:
    name = f"test-{uuid.uuid4()}"
    original = blobs(shoes("gateway")).get_blob_client("originals", name)
    original.upload_blob(b"pixels")
    with pytest.raises(HttpResponseError) as refusal:
        original.download_blob()
    assert refusal.value.status_code == 403
    assert getattr(refusal.value, "error_code", "") == "AuthorizationPermissionMismatch"
    denied = last(sandbox, "gateway", Outcome.DENIED)
    assert denied.action.endswith("/blobs/read")
    assert denied.scope.endswith("/containers/originals")
    assert "Storage Blob Data Reader" in denied.missing

    client = blobs(shoes("thumbnailer"))
    assert client.get_blob_client("originals", name).download_blob().readall() == b"pixels"


def test_the_gateway_never_overwrites_an_original(
    shoes: Callable[[str], dict[str, str]],
) -> None:
    name = f"test-{uuid.uuid4()}"
    original = blobs(shoes("gateway")).get_blob_client("originals", name)
    original.upload_blob(b"first")
    with pytest.raises(HttpResponseError) as refusal:
        original.upload_blob(b"second", overwrite=True)
    assert getattr(refusal.value, "error_code", "") == "UnauthorizedBlobOverwrite"
    stored = blobs(shoes("thumbnailer")).get_blob_client("originals", name)
    assert stored.download_blob().readall() == b"first"


def test_the_notifier_reads_its_one_secret_and_no_other(
    sandbox: Running, shoes: Callable[[str], dict[str, str]]
) -> None:
    variables = shoes("notifier")
    vault = secrets(variables)
    assert vault.get_secret(variables["WEBHOOK_SECRET_NAME"]).value
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
        vault.get_secret("another-secret")
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
        list(vault.list_properties_of_secrets())
    with pytest.raises(HttpResponseError, match="ForbiddenByRbac"):
        vault.set_secret(variables["WEBHOOK_SECRET_NAME"], "mine")


def test_a_subscription_is_open_to_its_own_service_alone(
    shoes: Callable[[str], dict[str, str]],
) -> None:
    variables = shoes("notifier")
    credential = open_credential(None)
    with open_client(variables["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"], credential) as client:
        with client.get_subscription_receiver("photo-events", "notifier") as receiver:
            assert receiver.peek_messages() is not None
        other = client.get_subscription_receiver("photo-events", "catalog")
        with pytest.raises(ServiceBusError, match="'Listen' claim"), other:
            pass


def test_sending_gives_no_right_to_receive(shoes: Callable[[str], dict[str, str]]) -> None:
    variables = shoes("thumbnailer")
    credential = open_credential(variables["AZURE_CLIENT_ID"])
    with open_client(variables["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"], credential) as client:
        with client.get_topic_sender("photo-events") as sender:
            sender.send_messages(ServiceBusMessage(b"nobody's", subject="nothing"))
        receiver = client.get_subscription_receiver("photo-events", "catalog")
        with pytest.raises(ServiceBusError, match="'Listen' claim"), receiver:
            pass


def test_no_code_gets_a_token_of_the_platform_identity(
    sandbox: Running, shoes: Callable[[str], dict[str, str]]
) -> None:
    shoes("gateway")
    deployment = sandbox.deployment
    own = ManagedIdentityCredential(client_id=deployment.principal("gateway").client_id)
    assert own.get_token("https://storage.azure.com/.default").token
    platform = ManagedIdentityCredential(client_id=deployment.principal("platform").client_id)
    with pytest.raises(CredentialUnavailableError, match="No User Assigned or Delegated"):
        platform.get_token("https://storage.azure.com/.default")


def test_a_user_assigned_identity_must_be_named(shoes: Callable[[str], dict[str, str]]) -> None:
    shoes("gateway")
    with pytest.raises(CredentialUnavailableError, match="Unable to load the proper Managed"):
        ManagedIdentityCredential().get_token("https://storage.azure.com/.default")


def test_an_eval_of_env_makes_a_shell_act_as_the_service(sandbox: Running) -> None:
    program = "import os; print(os.environ['AZURE_CLIENT_ID'], os.environ['HTTPS_PROXY'])"
    keyless = f"{shlex.quote(str(PROJECT / 'keyless'))} env --state {sandbox.state.root}"
    script = (
        f'eval "$({keyless} gateway)"; eval "$({keyless} thumbnailer)"; '
        f"python3 -c {shlex.quote(program)}; "
        f'eval "$({keyless} notifier)"; echo "${{AZURE_CLIENT_ID-none}}"'
    )
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    thumbnailer = sandbox.deployment.principal("thumbnailer").client_id
    assert done.stdout.split() == [thumbnailer, sandbox.report.shell_proxy, "none"]


def test_env_keeps_a_real_sign_in_apart(sandbox: Running) -> None:
    variables = sandbox.environment("gateway")
    for name in ("AZURE_CONFIG_DIR", "AZD_CONFIG_DIR"):
        assert variables[name].startswith(str(sandbox.state.root))
