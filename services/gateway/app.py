"""The gateway: the public face. It takes photos and shows the gallery."""

from azure.core.credentials import TokenCredential
from azure.identity import get_bearer_token_provider
from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from services.common import blobs, bus, health, hosts, logs, server, web
from services.common.credential import open_credential
from services.common.health import Proof, Readiness
from services.common.session import open_session
from services.common.telemetry import Telemetry
from services.common.web import Problem
from services.gateway import admission, images, photos
from services.gateway.catalog import ROLE, Catalog
from services.gateway.photos import Dependencies
from services.gateway.settings import Settings

_FORM_OVERHEAD = 100_000  # boundaries and headers around the photo


def create_app(settings: Settings | None = None, deps: Dependencies | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError.

    Tests pass fakes as `deps`.
    """
    settings = settings or Settings()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("gateway", credential, logs.bound)
    deps = deps or _connect(settings, credential)
    readiness = Readiness(proofs(settings, deps))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = images.MAX_BYTES + _FORM_OVERHEAD
    app.extensions["photos"] = deps
    app.register_blueprint(photos.bp)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    web.init_app(app)
    hosts.init_app(app, settings.hosts)
    logs.init_app(app)
    health.init_app(app, readiness, name_scopes=False)
    admission.init_app(app)
    telemetry.init_app(app)
    server.init_app(app, telemetry, deps.uploads, readiness)
    return app


def _connect(settings: Settings, credential: TokenCredential) -> Dependencies:
    """Return the clients of the routes; each connects at its first request."""
    # A user waits for the response: if storage hangs, for 15 s and not for more than a minute.
    account = blobs.open_account(settings.blob_endpoint, credential, read_timeout=6, retries=1)
    client = bus.open_client(settings.namespace, credential)
    scope = f"{settings.audience}/.default"
    token = get_bearer_token_provider(credential, scope) if settings.audience else None
    return Dependencies(
        originals=account.get_container_client(settings.originals),
        thumbnails=account.get_container_client(settings.thumbnails),
        uploads=bus.Publisher(lambda: client.get_queue_sender(settings.queue)),
        catalog=Catalog(settings.catalog, open_session(), token),
    )


def proofs(settings: Settings, deps: Dependencies) -> list[Proof]:
    """Return each right of the gateway with the least invasive request that needs it."""
    originals, thumbnails = f"container {settings.originals}", f"container {settings.thumbnails}"
    return [
        Proof("create", originals, lambda: blobs.prove_create(deps.originals)),
        Proof("tags", originals, lambda: blobs.prove_tags(deps.originals)),
        Proof("read", thumbnails, lambda: blobs.prove_read(deps.thumbnails)),
        Proof("send", f"queue {settings.queue}", deps.uploads.prove),
        Proof(ROLE if settings.audience else "list", "catalog", lambda: deps.catalog.page(None, 1)),
    ]


def _too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
    photo_is = (request.content_length or 0) > images.MAX_BYTES + _FORM_OVERHEAD
    form = Problem(413, "too-large", "The form around the photo is too large")
    return (images.too_large() if photo_is else form).get_response()
