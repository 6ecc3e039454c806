"""Roles assigned by hand with `az role assignment`, as the deployer, on a running sandbox."""

import json
import os
import shlex
import subprocess
import uuid
from collections.abc import Callable, Iterable, Iterator

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus.exceptions import ServiceBusError
from azure.storage.blob import BlobServiceClient

from cli.changes import lines
from cli.control import ask
from sandbox.deployment import SNAPSHOT, RoleAssignment
from sandbox.state import PROJECT
from services.common.bus import open_client
from services.common.credential import open_credential
from tests.azure_cli import found_az, real_az
from tests.conftest import Running, up

READER = "Storage Blob Data Reader"
SECRETS = "Key Vault Secrets User"
RECEIVER = "Azure Service Bus Data Receiver"
PUBLISHER = "Monitoring Metrics Publisher"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of its own: doctor reports what other tests were refused within the hour."""
    with up(tmp_path_factory.mktemp("sandbox")) as one:
        yield one


def pasted(sandbox: Running, lines: Iterable[str], path: str = "") -> str:
    """Return the output of `lines` in a shell in the project's folder; each must succeed."""
    variables = {"KEYLESS_STATE": str(sandbox.state.root), "PATH": f"{path}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e"],
        input="\n".join(lines),
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def az(*commands: str) -> list[str]:
    """Return the lines that run `commands` of az as the deployer, after a sign-in."""
    script = shlex.quote(" && ".join(f"az role assignment {each}" for each in commands))
    return [
        "./keyless sign-in --approve --as deployer",
        f"./keyless as deployer -- sh -c {script}",
    ]


def assigned(sandbox: Running, who: str, scope: str) -> RoleAssignment:
    ids = sandbox.deployment.principal(who).every_id
    found = (each for each in sandbox.deployment.assignments if each.principal_id in ids)
    return next(each for each in found if each.scope.endswith(scope))


def test_every_command_that_the_doctor_prints_can_be_pasted_and_cures_its_refusal(
    sandbox: Running,
) -> None:
    """By the real Azure CLI, where there is one; docs/assign-by-hand.md does so by its stand-in."""
    found = found_az()
    path = f"{found.parent}:" if found else ""
    gone = [assigned(sandbox, "notifier", each) for each in ("-key", "subscriptions/notifier")]
    pasted(sandbox, az(f"delete --ids {' '.join(each.id for each in gone)}"), path)
    ill = sandbox.run("doctor", "notifier")
    assert ill.returncode == 1
    assert f"✗ {SECRETS} on secrets/webhook-signing-key: 403 Forbidden" in ill.stdout
    lines = [line.strip() for line in ill.stdout.splitlines() if "az role" in line]
    assert len(lines) == 2
    signs_in = [line.strip() for line in ill.stdout.splitlines() if "keyless sign-in" in line]
    pasted(sandbox, [*signs_in, *lines], path)
    healed = sandbox.run("doctor", "notifier")
    assert healed.returncode == 0, healed.stdout
    assert "by hand" not in sandbox.run("access", "notifier").stdout, "it is as deployed again"


LISTS = (
    "role assignment list --all --include-groups --assignee {me} --subscription {subscription}",
    "role assignment list --assignee-object-id {me} --scope {originals} --include-inherited",
    "role assignment list --role 'Storage Blob Data Reader' --scope {originals}",
    "role definition list --custom-role-only true",
    "role definition list --name 'Storage Blob Data Reader' --scope {originals}",
)


def test_the_stand_in_lists_what_the_azure_cli_lists(sandbox: Running) -> None:
    found = []
    deployment = sandbox.deployment
    places = {
        "me": deployment.principal("thumbnailer").principal_id,
        "subscription": deployment.subscription_id,
        "originals": deployment.storage.container_id("originals"),
    }
    commands = [f"az {each.format(**places)} --output json" for each in LISTS]
    for path in (f"{real_az().parent}:", ""):
        script = shlex.quote("; ".join(commands))
        printed = pasted(
            sandbox,
            [
                "./keyless sign-in --approve --as deployer >&2",
                f"./keyless as deployer -- sh -c {script}",
            ],
            path,
        )
        found.append([sorted(ids) for ids in map(ids_of, documents(printed))])
    assert found[0] == found[1]
    assert all(found[0])
    assert [len(each) for each in found[0][2:]] == [2, len(deployment.custom_roles), 1]


def documents(printed: str) -> Iterator[list[dict[str, str]]]:
    """Yield the JSON lists that were printed one after the other."""
    decoder, rest = json.JSONDecoder(), printed.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].strip()


def ids_of(listed: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Return the id of each, and the name of the role."""
    return [(each["id"], each.get("roleDefinitionName") or each["roleName"]) for each in listed]


def reads_originals(variables: dict[str, str]) -> bool:
    credential = open_credential(variables.get("AZURE_CLIENT_ID"))
    endpoint = variables["AZURE_STORAGE_BLOB_ENDPOINT"]
    with BlobServiceClient(endpoint, credential, retry_total=0) as client:
        return not client.get_blob_client("originals", f"no-{uuid.uuid4()}").exists()


def reads_the_key(variables: dict[str, str]) -> bool:
    credential = open_credential(variables.get("AZURE_CLIENT_ID"))
    with SecretClient(variables["VAULT"], credential, retry_total=0) as client:
        return client.get_secret("webhook-signing-key").value is not None


def receives_uploads(variables: dict[str, str]) -> bool:
    credential = open_credential(variables.get("AZURE_CLIENT_ID"))
    namespace = variables["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"]
    with (
        open_client(namespace, credential) as client,
        client.get_queue_receiver("photo-uploads") as receiver,
    ):
        receiver.peek_messages()
    return True


def sends_telemetry(variables: dict[str, str]) -> bool:
    credential = ManagedIdentityCredential(client_id=variables.get("AZURE_CLIENT_ID"))
    token = credential.get_token("https://monitor.azure.com//.default").token
    given = variables["APPLICATIONINSIGHTS_CONNECTION_STRING"].split("IngestionEndpoint=")[1]
    url = f"{given.split(';')[0]}v2.1/track"
    answer = requests.post(url, json=[], headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return answer.status_code != 403


PROBES: tuple[Callable[[dict[str, str]], bool], ...] = (
    reads_originals,
    reads_the_key,
    receives_uploads,
    sends_telemetry,
)


def allowed(variables: dict[str, str]) -> list[bool]:
    """Return for each of the probes, if it is let through now."""

    def passes(probe: Callable[[dict[str, str]], bool]) -> bool:
        try:
            return probe(variables)
        except (HttpResponseError, ServiceBusError):
            return False

    return [passes(each) for each in PROBES]


@pytest.fixture
def telemetry_assignment(sandbox: Running) -> Iterator[RoleAssignment]:
    """The gateway's assignment on the component, which a deployment restores in the end."""
    yield assigned(sandbox, "gateway", sandbox.deployment.insights.name)
    deployed(sandbox)


def deployed(sandbox: Running) -> str:
    """Deploy the committed snapshot again, and return the output of `./keyless apply`."""
    answer = ask(sandbox.state, "apply", {"snapshot": SNAPSHOT.read_text()})
    return "\n".join(map(str, lines(answer)))


def granting(principal_id: str, role: str, scope: str) -> str:
    return f"create --assignee {principal_id} --role '{role}' --scope {scope} --output none"


def test_on_each_plane_a_denial_becomes_an_allow_and_a_denial_again(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch, telemetry_assignment: RoleAssignment
) -> None:
    deployment = sandbox.deployment
    gateway = telemetry_assignment.principal_id
    variables = {
        **sandbox.act_as("gateway", monkeypatch),
        "VAULT": f"https://{deployment.vault.host}/",
    }
    places = {
        READER: deployment.storage.container_id("originals"),
        SECRETS: deployment.vault.secret_id("webhook-signing-key"),
        RECEIVER: next(each.id for each in deployment.bus.queues if each.name == "photo-uploads"),
        PUBLISHER: telemetry_assignment.scope,
    }
    pasted(sandbox, az(f"delete --ids {telemetry_assignment.id}"))
    assert allowed(variables) == [False] * 4
    pasted(sandbox, az(*(granting(gateway, role, scope) for role, scope in places.items())))
    assert allowed(variables) == [True] * 4
    explained = sandbox.run("explain", "gateway", "blobs/read", "containers/originals")
    assert "because      granted by hand by deployer" in explained.stdout
    assert f"{READER}, granted by hand by deployer" in sandbox.run("trace").stdout
    assert sandbox.run("access", "gateway").stdout.count("granted by hand by deployer") == 4
    deleting = [
        f"delete --assignee {gateway} --role '{role}' --scope {scope}"
        for role, scope in places.items()
    ]
    pasted(sandbox, az(deleting[-1]))
    assert allowed(variables) == [True, True, True, False]
    assert f"granted   gateway: {PUBLISHER}" in deployed(sandbox), "the deployment's own is back"
    assert allowed(variables) == [True] * 4, "grants by hand survive a deployment"
    pasted(sandbox, az(*deleting[:-1]))
    assert allowed(variables) == [False, False, False, True]
