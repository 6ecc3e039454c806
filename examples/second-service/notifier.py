"""Sends a signed webhook to the partner for each message in the queue."""

import json
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import requests
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver
from requests.adapters import HTTPAdapter
from simple_worker import run
from standardwebhooks import Webhook
from urllib3 import Retry
from vault import CachedSecret

# All attempts and their pauses take under two minutes; the lock of a message lasts five.
ATTEMPTS = Retry(
    total=4,
    backoff_factor=2,
    status_forcelist=[429, 502, 503, 504],
    allowed_methods=["POST"],
    respect_retry_after_header=False,
    raise_on_status=False,
)

credential = DefaultAzureCredential()
secrets = SecretClient(os.environ["VAULT_ENDPOINT"], credential, retry_total=2, read_timeout=10)
webhook_key = CachedSecret(secrets, "webhook-key")
partner = requests.Session()
partner.mount("https://", HTTPAdapter(max_retries=ATTEMPTS))


@contextmanager
def open_receiver() -> Iterator[ServiceBusReceiver]:
    """Open the queue."""
    with (
        ServiceBusClient(os.environ["BUS_NAMESPACE"], credential) as client,
        client.get_queue_receiver("stored") as receiver,
    ):
        yield receiver


def handle(message: ServiceBusReceivedMessage) -> None:
    """Send one webhook. Any error gives the message back to the queue."""
    body = json.dumps({"type": "note.stored", "name": str(message)})
    key = webhook_key.get()
    answer = post(str(message.message_id), body, key)
    if answer.status_code == 401:  # there may be a new key: read it again, once
        answer = post(str(message.message_id), body, webhook_key.refresh(refused=key))
    if not 200 <= answer.status_code < 300:  # a redirection is no success either
        raise RuntimeError(f"the partner answered {answer.status_code}")


def post(identifier: str, body: str, key: str) -> requests.Response:
    """Sign and send a body (https://www.standardwebhooks.com)."""
    now = datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": identifier,  # the same for a repeated message
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(key).sign(identifier, now, body),
    }
    address = os.environ["PARTNER"]
    return partner.post(address, body, headers=headers, timeout=(5, 10), allow_redirects=False)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    webhook_key.get()  # without a key, end here, before a message is received
    run(open_receiver, handle, stopping)
