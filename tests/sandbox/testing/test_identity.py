"""An identity in a test: this process and its subprocesses act as it, until the block ends."""

import asyncio
import os
import socket
import subprocess
import sys

import certifi
import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AsyncCredential
from azure.servicebus import ServiceBusClient
from azure.servicebus.aio import ServiceBusClient as AsyncBus
from azure.servicebus.exceptions import ServiceBusError
from azure.storage.blob import ContainerClient
from azure.storage.blob.aio import ContainerClient as AsyncContainer

from sandbox.deployment import SNAPSHOT
from sandbox.testing.deployment import Keyless, KeylessError
from sandbox.testing.identity import Credential
from tests.conftest import Running

LIST = """
import sys
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient
from azure.storage.blob.aio import ContainerClient as AsyncContainer
print(len(list(ContainerClient(*sys.argv[1:], DefaultAzureCredential()).list_blobs())) >= 0)
"""


@pytest.fixture(scope="module")
def keyless(sandbox: Running) -> Keyless:
    """The session's sandbox, as a test of the plugin's user has it."""
    return Keyless(SNAPSHOT, sandbox.state)


def originals(
    keyless: Keyless, sandbox: Running, credential: Credential | None = None
) -> ContainerClient:
    account = f"https://{sandbox.deployment.storage.host}"
    return ContainerClient(account, "originals", credential or DefaultAzureCredential())


def test_in_the_block_the_default_credential_is_the_identity(
    keyless: Keyless, sandbox: Running
) -> None:
    with keyless.as_identity("thumbnailer"), keyless.allowed("blobs/read", identity="thumbnailer"):
        list(originals(keyless, sandbox).list_blobs())
    with (
        keyless.as_identity("notifier"),
        keyless.denied("blobs/read", identity="notifier", on="containers/originals"),
        pytest.raises(HttpResponseError),
    ):
        list(originals(keyless, sandbox).list_blobs())


def test_two_identities_at_once_are_two_credentials(keyless: Keyless, sandbox: Running) -> None:
    thumbnailer, notifier = map(keyless.as_identity, ("thumbnailer", "notifier"))
    with thumbnailer:
        allowed = originals(keyless, sandbox, thumbnailer.credential)
        denied = originals(keyless, sandbox, notifier.credential)
        with keyless.allowed("blobs/read", identity="thumbnailer"):
            list(allowed.list_blobs())
        with keyless.denied("blobs/read", identity="notifier"), pytest.raises(HttpResponseError):
            list(denied.list_blobs())


def test_service_bus_is_reached_as_every_tutorial_writes_it(
    keyless: Keyless, sandbox: Running
) -> None:
    namespace = sandbox.deployment.bus.host
    with (
        keyless.as_identity("thumbnailer"),
        keyless.allowed("messages/receive", identity="thumbnailer"),
        ServiceBusClient(namespace, DefaultAzureCredential()) as client,
        client.get_queue_receiver("photo-uploads") as receiver,
    ):
        receiver.peek_messages()
    with (
        keyless.as_identity("notifier"),
        keyless.denied("messages/receive", identity="notifier"),
        ServiceBusClient(namespace, DefaultAzureCredential(), retry_total=0) as client,
        pytest.raises(ServiceBusError),
        client.get_queue_receiver("photo-uploads") as receiver,
    ):
        receiver.peek_messages()


def test_asynchronous_clients_reach_it_too(keyless: Keyless, sandbox: Running) -> None:
    hosts = sandbox.deployment.storage.host, sandbox.deployment.bus.host

    async def ask() -> None:
        async with AsyncCredential() as credential:
            container = AsyncContainer(f"https://{hosts[0]}", "originals", credential)
            async with container:
                async for _ in container.list_blobs():
                    pass
            async with (
                AsyncBus(hosts[1], credential) as client,
                client.get_queue_receiver("photo-uploads") as receiver,
            ):
                await receiver.peek_messages()

    with (
        keyless.as_identity("thumbnailer"),
        keyless.allowed("blobs/read", identity="thumbnailer"),
        keyless.allowed("messages/receive", identity="thumbnailer"),
    ):
        asyncio.run(ask())


def test_a_subprocess_takes_the_environment(keyless: Keyless, sandbox: Running) -> None:
    account = f"https://{sandbox.deployment.storage.host}"
    with keyless.allowed("blobs/read", identity="thumbnailer"):
        done = subprocess.run(
            [sys.executable, "-c", LIST, account, "originals"],
            env=keyless.as_identity("thumbnailer").environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout == "True\n", done.stderr


def test_after_the_block_the_process_is_as_before(
    keyless: Keyless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "not a secret")
    before = dict(os.environ), socket.getaddrinfo, certifi.where()
    with keyless.as_identity("gateway") as gateway, keyless.as_identity("catalog"):
        assert "https_proxy" not in os.environ
        assert "AZURE_CLIENT_SECRET" not in os.environ
        assert os.environ["IDENTITY_HEADER"] != gateway.variables["IDENTITY_HEADER"]
        assert certifi.where() != before[2]
    assert (dict(os.environ), socket.getaddrinfo, certifi.where()) == before


def test_an_unknown_identity_is_named_with_the_known_ones(keyless: Keyless) -> None:
    def denied(name: str) -> object:
        return keyless.denied("blobs/read", identity=name)

    for ask in (keyless.as_identity, denied):
        with pytest.raises(
            KeylessError, match="unknown identity 'wbe'; the deployment has catalog, "
        ):
            ask("wbe")


def test_a_credential_without_an_identity_says_so(keyless: Keyless) -> None:
    variables = {**keyless.as_identity("gateway").variables, "IDENTITY_HEADER": "wrong"}
    with pytest.raises(PermissionError, match="the identity endpoint answered 40"):
        Credential(variables).get_token("https://storage.azure.com/.default")


def test_a_fault_meets_its_identity_until_the_block_ends(
    keyless: Keyless, sandbox: Running
) -> None:
    account = f"https://{sandbox.deployment.storage.host}"
    with keyless.as_identity("thumbnailer") as thumbnailer:
        container = ContainerClient(account, "originals", thumbnailer.credential, retry_total=0)
        with (
            keyless.fault("storage-503", on="thumbnailer"),
            pytest.raises(HttpResponseError) as caught,
        ):
            list(container.list_blobs())
        assert caught.value.status_code == 503
        with keyless.allowed("blobs/read", identity="thumbnailer"):
            list(container.list_blobs())


def test_an_unknown_fault_is_named(keyless: Keyless) -> None:
    with pytest.raises(KeylessError, match="storage-504"), keyless.fault("storage-504"):
        pass
