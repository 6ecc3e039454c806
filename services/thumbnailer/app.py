"""The thumbnailer: a worker on `photo-uploads`, with HTTP for its health alone."""

import threading
from functools import partial

from azure.core.credentials import TokenCredential
from flask import Flask

from services.common import blobs, bus, health, logs, server, web
from services.common.consumer import Consumer, RetryPolicy
from services.common.credential import open_credential
from services.common.health import Proof, Readiness
from services.common.telemetry import Telemetry
from services.thumbnailer.settings import Settings
from services.thumbnailer.worker import Thumbnailer

RETRY_POLICY = RetryPolicy(first=1, longest=300, total=6 * 3600)


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("thumbnailer", credential, logs.bound)
    worker = open_worker(settings, credential)
    receiver = partial(bus.queue_receiver, settings.namespace, credential, settings.queue)
    handle = telemetry.traced(worker.handle, settings.queue)
    reject = telemetry.traced(worker.reject, f"{settings.queue}/$DeadLetterQueue")
    make = partial(Consumer, retry_policy=RETRY_POLICY, stopping=threading.Event())
    uploads = make("uploads", receiver, handle)
    dead_letters = partial(receiver, dead_letters=True)
    dead = make("dead-letters", dead_letters, reject, of_dead_letters=True)
    readiness = Readiness(proofs(settings, worker, uploads, dead))
    app = Flask(__name__)
    web.init_app(app)
    health.init_app(app, readiness, uploads.is_alive, dead.is_alive)
    telemetry.init_app(app)
    server.init_app(app, telemetry, worker.events, worker.decoder, uploads, dead, readiness)
    return app


def open_worker(settings: Settings, credential: TokenCredential) -> Thumbnailer:
    """Return the worker with its clients, which connect at their first use."""
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
    """Return each right of the thumbnailer with the least invasive request that needs it."""
    originals, thumbnails = f"container {settings.originals}", f"container {settings.thumbnails}"
    return [
        Proof("read", originals, lambda: blobs.prove_read(worker.originals)),
        Proof("read", thumbnails, lambda: blobs.prove_read(worker.thumbnails)),
        Proof("write", thumbnails, lambda: blobs.prove_create(worker.thumbnails)),
        Proof("send", f"topic {settings.topic}", worker.events.prove),
        Proof("receive", f"queue {settings.queue}", uploads.prove),
        Proof("receive", f"queue {settings.queue}/$DeadLetterQueue", dead.prove),
    ]
