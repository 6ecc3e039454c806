"""The catalog: which photos exist, newest first. It listens to events, and answers the gateway."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from uuid import UUID

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusReceiver
from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue

from services.catalog import entries
from services.catalog.index import Index
from services.catalog.settings import Settings
from services.common import blobs, bus, health, hosts, logs, web
from services.common.bearer import Bearer, View
from services.common.consumer import Consumer, Patience
from services.common.credential import open_credential
from services.common.health import Proof
from services.common.server import add_parts
from services.common.telemetry import Telemetry
from services.common.web import Problem

log = logging.getLogger(__name__)

ROLE = "Catalog.Read"  # infra/entra/catalog.json says who holds it
PATIENCE = Patience(first=1, longest=300, total=6 * 3600)
LIMITS = {str(number): number for number in range(1, 101)}


def create_app(settings: Settings | None = None) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError."""
    settings = settings or Settings.load()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("catalog", credential, logs.known)
    index = open_index(settings, credential)
    handle = telemetry.follow(index.handle, f"{settings.topic}/{settings.subscription}")
    events = Consumer("events", partial(open_receiver, settings, credential), handle, PATIENCE)
    bearer = open_bearer(settings)
    readiness = health.Readiness(proofs(settings, index, events, bearer))
    app = build(index, readiness, events, bearer, settings.hosts)
    add_parts(app, telemetry.watching(app), events, readiness)
    return app


def open_index(settings: Settings, credential: TokenCredential) -> Index:
    """Return the index with its client; nothing is connected yet."""
    account = blobs.open_account(settings.blob_endpoint, credential)
    return Index(account.get_container_client(settings.container))


def open_bearer(settings: Settings) -> Bearer | None:
    """Return what verifies tokens, None where the deployment asks for none: nothing is fetched."""
    return Bearer(settings.tenant_id, settings.audience) if settings.audience else None


def open_receiver(
    settings: Settings, credential: TokenCredential, *, dead_letters: bool = False
) -> AbstractContextManager[ServiceBusReceiver]:
    """Return a receiver of the service's subscription, or of its dead letters."""
    names = (settings.topic, settings.subscription)
    return bus.subscription_receiver(
        settings.namespace, credential, *names, dead_letters=dead_letters
    )


def proofs(
    settings: Settings, index: Index, events: Consumer, bearer: Bearer | None
) -> list[Proof]:
    """Return each right of the catalog with the mildest request that shows it."""
    container = f"container {settings.container}"
    return [
        Proof("read", container, lambda: blobs.prove_read(index.container)),
        Proof("write", container, lambda: blobs.prove_create(index.container)),
        Proof("list", container, lambda: index.page(None, 1)),
        Proof("receive", f"{settings.topic}/subscriptions/{settings.subscription}", events.prove),
        *([Proof("fetch keys", "Entra", bearer.prove)] if bearer else []),
    ]


def build(
    index: Index,
    readiness: health.Readiness,
    events: Consumer,
    bearer: Bearer | None,
    own_hosts: Sequence[str] = (),
) -> Flask:
    """Build the application around what it talks to."""
    app = Flask(__name__)
    web.install(app)
    hosts.install(app, own_hosts)
    app.register_blueprint(api(index, bearer))
    app.register_blueprint(health.blueprint(readiness, events.is_alive))
    return app


def api(index: Index, bearer: Bearer | None) -> Blueprint:
    """Return the routes of the internal API; without `bearer` everybody who comes gets in."""
    photos = Blueprint("photos", __name__)
    role_needed: Callable[[View], View] = bearer.requires(ROLE) if bearer else lambda view: view

    @photos.before_app_request
    def begin() -> None:
        logs.know(**{name: str(value) for name, value in (request.view_args or {}).items()})

    @photos.get("/photos")
    @role_needed
    def page() -> ResponseReturnValue:
        limit, cursor = LIMITS.get(request.args.get("limit", "24")), request.args.get("cursor")
        if limit is None:
            raise Problem(400, "bad-limit", f"limit takes a number from 1 to {len(LIMITS)}")
        try:
            found, following = index.page(entries.from_cursor(cursor) if cursor else None, limit)
        except entries.BrokenCursor as error:
            raise Problem(400, "broken-cursor", "This cursor leads nowhere") from error
        following = entries.to_cursor(following) if following else None
        return {"photos": [entry.to_json() for entry in found], "next": following}

    @photos.get("/photos/<uuid:photo>")
    @role_needed
    def one(photo: UUID) -> ResponseReturnValue:
        entry = index.photo(str(photo))
        if entry is None:
            raise Problem(404, "unknown-photo", "Nothing is known of this photo")
        return entry.to_json()

    @photos.app_errorhandler(AzureError)
    def dependency_down(error: AzureError) -> Response:
        operation = f"{request.method} {request.url_rule}"
        log.error("Storage failed: %s", error, extra={"operation": operation})
        headers = {"Retry-After": "5"}
        return Problem(503, "dependency-down", "Storage is away", headers=headers).response()

    return photos
