"""The thumbnailer: a worker on `photo-uploads`, with an HTTP face for its health alone."""

import threading
from functools import partial

from azure.core.credentials import TokenCredential
from flask import Flask

from services.common import blobs, bus, health, logs, web
from services.common.consumer import Consumer, Patience
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.server import add_parts
from services.common.telemetry import Telemetry
from services.thumbnailer.settings import Settings
from services.thumbnailer.worker import Thumbnailer

PATIENCE = Patience(first=1, longest=300, total=6 * 3600)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("thumbnailer", credential, logs.known)
    worker = open_worker(settings, credential)
    receiver = partial(bus.queue_receiver, settings.namespace, credential, settings.queue)
    dead_receiver = partial(receiver, dead_letters=True)
    stopping = threading.Event()
    handle = telemetry.follow(worker.handle, settings.queue)
    reject = telemetry.follow(worker.reject, f"{settings.queue}/$DeadLetterQueue")
    uploads = Consumer("uploads", receiver, handle, PATIENCE, stopping=stopping)
    dead = Consumer(
        "dead-letters", dead_receiver, reject, PATIENCE, stopping=stopping, of_dead_letters=True
    )
    readiness = health.Readiness(proofs(settings, worker, uploads, dead))
    app = build(readiness, uploads, dead)
    parts = telemetry.watching(app), worker.events, worker.decoder, uploads, dead, readiness
    add_parts(app, *parts)
    return app


def open_worker(settings: Settings, credential: TokenCredential) -> Thumbnailer:
    """Return the worker with its clients; nothing is connected yet."""
    account = blobs.open_account(settings.blob_endpoint, credential)
    client = bus.open_client(settings.namespace, credential)
    return Thumbnailer(
        originals=account.get_container_client(settings.originals),
        thumbnails=account.get_container_client(settings.thumbnails),
        events=bus.Publisher(lambda: client.get_topic_sender(settings.topic)),
    )


def proofs(
    settings: Settings, worker: Thumbnailer, uploads: Consumer, dead: Consumer
) -> list[Proof]:
    """Return each right of the thumbnailer with the mildest request that shows it."""
    originals, thumbnails = f"container {settings.originals}", f"container {settings.thumbnails}"
    return [
        Proof("read", originals, lambda: blobs.prove_read(worker.originals)),
        Proof("read", thumbnails, lambda: blobs.prove_read(worker.thumbnails)),
        Proof("write", thumbnails, lambda: blobs.prove_create(worker.thumbnails)),
        Proof("send", f"topic {settings.topic}", worker.events.prove),
        Proof("receive", f"queue {settings.queue}", uploads.prove),
        Proof("receive", f"queue {settings.queue}/$DeadLetterQueue", dead.prove),
    ]


def build(readiness: health.Readiness, *consumers: Consumer) -> Flask:
    """Build the application around its health."""
    app = Flask(__name__)
    web.install(app)

    def is_alive() -> bool:
        return all(consumer.is_alive() for consumer in consumers)

    app.register_blueprint(health.blueprint(readiness, is_alive))
    return app
