"""The intake: takes PDFs, stores each and hands it to the reader."""

import json
import uuid

from azure.storage.blob import ContainerClient
from flask import Flask, request
from flask.typing import ResponseReturnValue

from services.common import blobs, bus, health, logs, server, web
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.telemetry import Telemetry
from services.common.web import Problem
from services.intake.settings import Settings

MOST_BYTES = 5_000_000


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("intake", credential, logs.bound)
    account = blobs.open_account(settings.account, credential)
    inbox = account.get_container_client(settings.container)
    client = bus.open_client(settings.namespace, credential)
    to_read = bus.Publisher(lambda: client.get_queue_sender(settings.queue))
    readiness = health.Readiness(
        [
            Proof("create", f"container {settings.container}", lambda: blobs.prove_create(inbox)),
            Proof("send", f"queue {settings.queue}", to_read.prove),
        ]
    )
    app = build(inbox, to_read)
    health.init_app(app, readiness, name_scopes=False)
    telemetry.init_app(app)
    server.init_app(app, telemetry, to_read, readiness)
    return app


def build(inbox: ContainerClient, to_read: bus.Publisher) -> Flask:
    """Build the routes around their clients."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    web.init_app(app)

    @app.put("/papers")
    def take() -> ResponseReturnValue:
        content = request.get_data()
        if not content.startswith(b"%PDF-"):
            raise Problem(415, "not-a-pdf", "This is not a PDF")
        paper = str(uuid.uuid4())
        logs.bind(paper=paper)
        blobs.create(inbox, paper, content, len(content))
        body = json.dumps({"paper": paper}).encode()
        to_read.send(body, message_id=paper, subject="paper", content_type="application/json")
        return {"paper": paper}, 202

    return app
