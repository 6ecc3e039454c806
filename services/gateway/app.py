"""The gateway: the public face. It takes photos, and shows the gallery."""

from azure.storage.blob import BlobServiceClient
from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from services.common import blobs, bus, health, web
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.server import add_parts
from services.common.session import open_session
from services.gateway import photos
from services.gateway.catalog import Catalog
from services.gateway.images import MAX_BYTES
from services.gateway.limits import RateLimit
from services.gateway.settings import Settings

FORM_OVERHEAD = 100_000  # boundaries and headers around the photo


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(settings.client_id)
    account = blobs.open_account(settings.blob_endpoint, credential)
    client = bus.open_client(settings.namespace, credential)
    uploads = bus.Publisher(lambda: client.get_queue_sender(settings.queue))
    to = dependencies(settings, account, uploads)
    readiness = health.Readiness(proofs(settings, to))
    app = build(to, readiness)
    add_parts(app, uploads, readiness)
    return app


def dependencies(
    settings: Settings, account: BlobServiceClient, uploads: bus.Publisher
) -> photos.Dependencies:
    """Return what the routes talk to."""
    return photos.Dependencies(
        originals=account.get_container_client(settings.originals),
        thumbnails=account.get_container_client(settings.thumbnails),
        uploads=uploads,
        catalog=Catalog(settings.catalog, open_session()),
        limit=RateLimit(settings.burst, settings.per_second),
    )


def proofs(settings: Settings, to: photos.Dependencies) -> list[Proof]:
    """Return each right of the gateway with the mildest request that shows it."""
    originals, thumbnails = f"container {settings.originals}", f"container {settings.thumbnails}"
    return [
        Proof("create", originals, lambda: blobs.prove_create(to.originals)),
        Proof("tags", originals, lambda: blobs.prove_tags(to.originals)),
        Proof("read", thumbnails, lambda: blobs.prove_read(to.thumbnails)),
        Proof("send", f"queue {settings.queue}", to.uploads.prove),
        Proof("list", "catalog", lambda: to.catalog.page(None, 1)),
    ]


def build(to: photos.Dependencies, readiness: health.Readiness) -> Flask:
    """Build the application around what it talks to."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES + FORM_OVERHEAD
    web.install(app)
    app.register_blueprint(photos.blueprint(to))
    app.register_blueprint(health.blueprint(readiness, lambda: True, name_scopes=False))

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(_: RequestEntityTooLarge) -> Response:
        _drain()
        return photos.too_large().response()

    return app


def _drain() -> None:
    """Read some of what is left: a client that is still sending may not hear a reset connection."""
    body, left = request.environ["wsgi.input"], 2 * MAX_BYTES
    while left > 0 and (chunk := body.read(min(left, 1 << 16))):
        left -= len(chunk)
