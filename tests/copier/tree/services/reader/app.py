"""The reader: counts the pages of each paper and tells a client by a signed callback."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ResourceNotFoundError
from azure.keyvault.secrets import SecretClient
from azure.servicebus import ServiceBusReceivedMessage
from azure.storage.blob import ContainerClient
from flask import Flask

from services.common import blobs, bus, health, logs, server, web, webhooks
from services.common.consumer import Consumer, Permanent, RetryPolicy, Transient
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.session import open_session
from services.common.telemetry import Telemetry
from services.common.vault import CachedSecret
from services.reader.settings import Settings

_PAGE = re.compile(rb"/Type\s*/Page\b")


@dataclass(frozen=True)
class Reader:
    """The places of papers, and the client that gets callbacks."""

    inbox: ContainerClient
    key: CachedSecret
    callback: str
    session: requests.Session

    def handle(self, message: ServiceBusReceivedMessage) -> None:
        """Read one paper and tell of it; raises Permanent, Transient or AzureError."""
        try:
            paper = str(json.loads(b"".join(message.body))["paper"])
        except (ValueError, LookupError, TypeError) as error:
            raise Permanent("NoPaper", "The message names no paper.") from error
        logs.bind(paper=paper)
        try:
            content = self.inbox.download_blob(paper).readall()
        except ResourceNotFoundError as error:
            raise Permanent("NoPaper", "The paper is not in the inbox.") from error
        self._tell(paper, len(_PAGE.findall(content)))

    def _tell(self, paper: str, pages: int) -> None:
        body = json.dumps({"type": "paper.read", "subject": paper, "pages": pages})
        key = self.key.get()
        status = self._post(paper, body, key)
        if status == 401:  # the key may have been rotated
            status = self._post(paper, body, self.key.refresh(refused=key))
        if not 200 <= status < 300:
            raise Transient(f"the client answers {status}")

    def _post(self, paper: str, body: str, key: str) -> int:
        signed = webhooks.sign(key, paper, body.encode(), datetime.now(UTC))
        headers = {"Content-Type": "application/json"} | signed
        try:
            answer = self.session.post(self.callback, body.encode(), headers=headers, timeout=10)
        except requests.RequestException as error:
            raise Transient(f"the client was not reached: {error}") from error
        return answer.status_code


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("reader", credential, logs.bound)
    reader = open_reader(settings, credential)
    receiver = partial(bus.queue_receiver, settings.namespace, credential, settings.queue)
    handle = telemetry.traced(reader.handle, settings.queue)
    papers = Consumer("papers", receiver, handle, RetryPolicy())
    readiness = health.Readiness(
        [
            Proof(
                "read", f"container {settings.container}", lambda: blobs.prove_read(reader.inbox)
            ),
            Proof("get", f"secret {settings.key}", reader.key.get),
            Proof("receive", f"queue {settings.queue}", papers.prove),
        ]
    )
    app = Flask(__name__)
    web.init_app(app)
    health.init_app(app, readiness, papers.is_alive)
    telemetry.init_app(app)
    server.init_app(app, telemetry, papers, readiness)
    return app


def open_reader(settings: Settings, credential: TokenCredential) -> Reader:
    """Return the handler of papers; nothing is connected yet."""
    account = blobs.open_account(settings.account, credential)
    client = SecretClient(settings.safe, credential, connection_timeout=5, read_timeout=10)
    return Reader(
        account.get_container_client(settings.container),
        CachedSecret(client, settings.key),
        settings.callback,
        open_session(),
    )
