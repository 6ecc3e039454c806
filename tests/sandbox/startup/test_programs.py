"""Programs as every tutorial writes them, unchanged, under one identity of the sandbox."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Running

BUS = """
import asyncio, os
from azure.identity import DefaultAzureCredential
from azure.identity.aio import DefaultAzureCredential as AioCredential
from azure.servicebus import ServiceBusClient, TransportType
from azure.servicebus.aio import ServiceBusClient as AioClient
from azure.servicebus.exceptions import ServiceBusError

namespace = os.environ["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"]

def peek(**options):
    with ServiceBusClient(namespace, DefaultAzureCredential(), **options) as client:
        with client.get_queue_receiver("photo-uploads") as receiver:
            receiver.peek_messages()
            return "allowed"

def send():
    with ServiceBusClient(namespace, DefaultAzureCredential(), retry_total=0) as client:
        try:
            with client.get_queue_sender("photo-uploads"):
                return "allowed"
        except ServiceBusError as error:
            return type(error).__name__

async def aio(**options):
    async with AioCredential() as credential, AioClient(namespace, credential, **options) as client:
        async with client.get_queue_receiver("photo-uploads") as receiver:
            await receiver.peek_messages()
            return "allowed"

print("sync", peek())
print("sync over WebSocket", peek(transport_type=TransportType.AmqpOverWebsocket))
print("aio", asyncio.run(aio()))
print("aio over WebSocket", asyncio.run(aio(transport_type=TransportType.AmqpOverWebsocket)))
print("send", send())
"""
BLOBS = """
import os
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import BlobServiceClient

account = BlobServiceClient(os.environ["AZURE_STORAGE_BLOB_ENDPOINT"], DefaultAzureCredential())
blob = account.get_blob_client("thumbnails", "from-a-tutorial")
blob.upload_blob(b"written", overwrite=True)
print(blob.download_blob().readall().decode())
vault = SecretClient(os.environ["A_VAULT"], DefaultAzureCredential())
for refused in (blob.delete_blob, lambda: vault.get_secret("webhook-signing-key")):
    try:
        refused()
    except HttpResponseError as error:
        print(error.status_code)
"""
SECRET = """
import os
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

vault = SecretClient(os.environ["A_VAULT"], DefaultAzureCredential())
print(len(vault.get_secret("webhook-signing-key").value) > 0)
"""
# Clients that know no proxy, and trust what certifi names.
NO_PROXY = """
import http.client, os, socket, ssl
import certifi, requests

host = os.environ["AZURE_STORAGE_BLOB_ENDPOINT"].split("/")[2]
client = http.client.HTTPSConnection(host)
client.request("GET", "/")
print(client.getresponse().status)
context = ssl.create_default_context(cafile=certifi.where())
with socket.create_connection((host, 443)) as plain:
    with context.wrap_socket(plain, server_hostname=host) as connection:
        print(connection.getpeername()[0])
try:
    with socket.create_connection((host, 443)) as plain:
        context.wrap_socket(plain, server_hostname="pypi.org")
except (ssl.SSLError, ConnectionError):
    print("no other name")
"""


def ran(sandbox: Running, identity: str, program: str) -> list[str]:
    variables = {
        "A_VAULT": f"https://{sandbox.deployment.vault.host}",
        **sandbox.environment(identity),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "HOME": str(Path.home()), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_plain_client_of_service_bus_receives_and_is_refused(sandbox: Running) -> None:
    assert ran(sandbox, "thumbnailer", BUS) == [
        "sync allowed",
        "sync over WebSocket allowed",
        "aio allowed",
        "aio over WebSocket allowed",
        "send ServiceBusAuthorizationError",
    ]


def test_a_plain_client_of_blobs_writes_and_is_refused(sandbox: Running) -> None:
    assert ran(sandbox, "thumbnailer", BLOBS) == ["written", "403", "403"]


def test_a_plain_client_of_secrets_reads(sandbox: Running) -> None:
    assert ran(sandbox, "notifier", SECRET) == ["True"]


def test_a_client_without_a_proxy_reaches_a_host_by_its_name_alone(sandbox: Running) -> None:
    assert ran(sandbox, "gateway", NO_PROXY) == ["409", "127.0.0.1", "no other name"]


def test_the_services_start_without_it(sandbox: Running) -> None:
    """They reach the sandbox by the variables that any operator could set."""
    for each in sandbox.report.services:
        assert not {"PYTHONPATH", "KEYLESS_NAMES"} & each.environment.keys()


def test_a_shell_keeps_the_users_own_path_behind(sandbox: Running) -> None:
    lines = sandbox.run("env", "gateway").stdout
    twice = f'PYTHONPATH=/mine; {lines}\n{lines}\nprintf %s "$PYTHONPATH"'
    done = subprocess.run(["sh", "-euc", twice], capture_output=True, text=True, check=True)
    folder, own = done.stdout.split(os.pathsep)
    assert (Path(folder) / "sitecustomize.py").exists()
    assert own == "/mine"
