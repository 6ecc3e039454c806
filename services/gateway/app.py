"""The gateway: the public face. It takes photos, and shows the gallery."""

from collections.abc import Sequence
from contextlib import suppress
from threading import BoundedSemaphore

from azure.core.credentials import TokenCredential
from azure.identity import get_bearer_token_provider
from azure.storage.blob import BlobServiceClient
from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from services.common import blobs, bus, health, hosts, logs, web
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.server import add_parts
from services.common.session import open_session
from services.common.telemetry import Telemetry
from services.common.web import Problem
from services.gateway import photos
from services.gateway.catalog import ROLE, Catalog
from services.gateway.images import MAX_BYTES
from services.gateway.limits import RateLimit
from services.gateway.places import DRAINS, drain
from services.gateway.settings import Settings

FORM_OVERHEAD = 100_000  # boundaries and headers around the photo


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("gateway", credential, logs.known)
    # Somebody waits for the answer: 15 s when storage hangs, instead of a worker's minute and more.
    account = blobs.open_account(settings.blob_endpoint, credential, read_timeout=6, retries=1)
    client = bus.open_client(settings.namespace, credential)
    uploads = bus.Publisher(lambda: client.get_queue_sender(settings.queue))
    to = dependencies(settings, account, uploads, open_catalog(settings, credential))
    readiness = health.Readiness(proofs(settings, to))
    app = build(to, readiness, settings.hosts)
    add_parts(app, telemetry.watching(app), uploads, readiness)
    return app


def open_catalog(settings: Settings, credential: TokenCredential) -> Catalog:
    """Return the client of the catalog; the SDK keeps its token, and fetches it at first need."""
    if settings.audience is None:
        return Catalog(settings.catalog, open_session())
    token = get_bearer_token_provider(credential, f"{settings.audience}/.default")
    return Catalog(settings.catalog, open_session(), token)


def dependencies(
    settings: Settings, account: BlobServiceClient, uploads: bus.Publisher, catalog: Catalog
) -> photos.Dependencies:
    """Return what the routes talk to."""
    return photos.Dependencies(
        originals=account.get_container_client(settings.originals),
        thumbnails=account.get_container_client(settings.thumbnails),
        uploads=uploads,
        catalog=catalog,
        limit=RateLimit(),
    )


def proofs(settings: Settings, to: photos.Dependencies) -> list[Proof]:
    """Return each right of the gateway with the mildest request that shows it."""
    originals, thumbnails = f"container {settings.originals}", f"container {settings.thumbnails}"
    return [
        Proof("create", originals, lambda: blobs.prove_create(to.originals)),
        Proof("tags", originals, lambda: blobs.prove_tags(to.originals)),
        Proof("read", thumbnails, lambda: blobs.prove_read(to.thumbnails)),
        Proof("send", f"queue {settings.queue}", to.uploads.prove),
        Proof(ROLE if settings.audience else "list", "catalog", lambda: to.catalog.page(None, 1)),
    ]


def build(
    to: photos.Dependencies, readiness: health.Readiness, own_hosts: Sequence[str] = ()
) -> Flask:
    """Build the application around what it talks to."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES + FORM_OVERHEAD
    web.install(app)
    hosts.install(app, own_hosts)
    app.register_blueprint(photos.blueprint(to))
    app.register_blueprint(health.blueprint(readiness, lambda: True, name_scopes=False))

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        if (request.content_length or 0) > app.config["MAX_CONTENT_LENGTH"]:
            return photos.too_large().response()
        return Problem(413, "too-large", "The form around the photo is too large").response()

    draining = BoundedSemaphore(DRAINS)

    @app.after_request
    def drained(response: Response) -> Response:
        if response.status_code >= 400:
            with suppress(Problem):  # too many are being drained; this one may be reset
                drain(request.environ, draining)
        return response

    return app
