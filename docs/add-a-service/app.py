"""The archiver: it keeps each event as it came, and can neither read nor change a kept one."""

from functools import partial

from azure.core.credentials import TokenCredential
from azure.servicebus import ServiceBusReceivedMessage
from azure.storage.blob import ContainerClient
from flask import Flask

from services.archiver.settings import Settings
from services.common import blobs, bus, health, logs, server, web
from services.common.consumer import Consumer, Handler, Permanent, RetryPolicy
from services.common.credential import open_credential
from services.common.health import Proof, Readiness
from services.common.telemetry import Telemetry
from services.photo_events import PROCESSED, REJECTED, InvalidEvent, parse

RETRY_POLICY = RetryPolicy(first=1, longest=300, total=6 * 3600)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("archiver", credential, logs.bound)
    archive = open_archive(settings, credential)
    entity = settings.topic, settings.subscription
    receiver = partial(bus.subscription_receiver, settings.namespace, credential, *entity)
    handle = telemetry.traced(keeper(archive), "/".join(entity))
    events = Consumer("events", receiver, handle, RETRY_POLICY)
    readiness = Readiness(proofs(settings, archive, events))
    app = Flask(__name__)
    web.init_app(app)
    health.init_app(app, readiness, events.is_alive)
    telemetry.init_app(app)
    server.init_app(app, telemetry, events, readiness)
    return app


def keeper(archive: ContainerClient) -> Handler:
    """Return a handler that keeps the event of a message; it raises Permanent or AzureError."""

    def keep(message: ServiceBusReceivedMessage) -> None:
        try:
            event = parse(message.body, PROCESSED, REJECTED)
        except InvalidEvent as error:
            raise Permanent("UnknownEvent", str(error)) from error
        logs.bind(photo=event.subject)
        body = event.to_json()
        # A repeated event has the same name, and an existing blob is not written again.
        blobs.create(archive, f"{event.id}.json", body, len(body))

    return keep


def open_archive(settings: Settings, credential: TokenCredential) -> ContainerClient:
    """Return the container of kept events, whose client connects at its first request."""
    account = blobs.open_account(settings.blob_endpoint, credential)
    return account.get_container_client(settings.container)


def proofs(settings: Settings, archive: ContainerClient, events: Consumer) -> list[Proof]:
    """Return each right of the archiver with the least invasive request that needs it."""
    return [
        Proof("create", f"container {settings.container}", lambda: blobs.prove_create(archive)),
        Proof("receive", f"{settings.topic}/subscriptions/{settings.subscription}", events.prove),
    ]
