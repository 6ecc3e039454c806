"""A program that uses each plane with Azure's SDKs, and prints the refusals, as JSON.

Its arguments are addresses: of a container, a secret, a queue and a component.
"""

import json
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.exceptions import ServiceBusAuthorizationError
from azure.storage.blob import ContainerClient

_CREDENTIAL = DefaultAzureCredential()


def _writes(address: str) -> None:
    with ContainerClient.from_container_url(address, _CREDENTIAL) as container:
        container.upload_blob("a", b"a", overwrite=True)


def _gets(address: str) -> None:
    parts = urlsplit(address)
    with SecretClient(f"https://{parts.netloc}", _CREDENTIAL) as client:
        client.get_secret(parts.path.rpartition("/")[2])


def _sends(address: str) -> None:
    parts = urlsplit(address)
    with (
        ServiceBusClient(parts.netloc, _CREDENTIAL, retry_total=0) as client,
        client.get_queue_sender(parts.path.strip("/")) as sender,
    ):
        sender.send_messages(ServiceBusMessage("hello"))


def _reports(address: str) -> None:
    host, _, key = address.partition("#")
    token = _CREDENTIAL.get_token("https://monitor.azure.com//.default").token
    item = {
        "name": "Message",
        "time": "2026-01-01T00:00:00Z",
        "iKey": key,
        "data": {"baseType": "MessageData", "baseData": {"message": "hello"}},
    }
    answer = requests.post(
        f"{host}/v2.1/track",
        json=[item],
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    answer.raise_for_status()


def outcome(use: Callable[[str], None], address: str) -> str:
    """Return `allowed`, or `denied` for an answer 403; raises any other error."""
    try:
        use(address)
    except ServiceBusAuthorizationError:
        return "denied"
    except (HttpResponseError, requests.HTTPError) as error:
        status = error.response.status_code if error.response is not None else 0
        if status != 403:
            raise
        return "denied"
    return "allowed"


if __name__ == "__main__":
    planes = {"blob": _writes, "secret": _gets, "bus": _sends, "telemetry": _reports}
    given = zip(planes.items(), sys.argv[1:], strict=True)
    print(json.dumps({name: outcome(use, address) for (name, use), address in given}))
