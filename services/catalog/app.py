"""The catalog: an index of photos, newest first, which events fill and the gateway reads."""

import logging
from functools import partial
from uuid import UUID

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue

from services.catalog import entries
from services.catalog.index import Index
from services.catalog.settings import Settings
from services.common import bearer, blobs, bus, health, hosts, logs, server, web
from services.common.bearer import Bearer
from services.common.consumer import Consumer, RetryPolicy
from services.common.credential import open_credential
from services.common.health import Proof, Readiness
from services.common.telemetry import Telemetry
from services.common.web import Problem, int_arg

log = logging.getLogger(__name__)

ROLE = "Catalog.Read"  # its holders: infra/entra/catalog.json
RETRY_POLICY = RetryPolicy(first=1, longest=300, total=6 * 3600)

bp = Blueprint("photos", __name__)


def create_app(
    settings: Settings | None = None, index: Index | None = None, callers: Bearer | None = None
) -> Flask:
    """Build the service; it opens no connection and starts no thread. Raises SettingError.

    Tests pass fakes as `index` and `callers`.
    """
    settings = settings or Settings()
    credential = open_credential(settings.client_id)
    telemetry = Telemetry("catalog", credential, logs.bound)
    index = index or open_index(settings, credential)
    if settings.audience:
        callers = callers or Bearer(settings.tenant_id, settings.audience)
    entity = settings.topic, settings.subscription
    receiver = partial(bus.subscription_receiver, settings.namespace, credential, *entity)
    handle = telemetry.traced(index.handle, "/".join(entity))
    events = Consumer("events", receiver, handle, RETRY_POLICY)
    readiness = Readiness(proofs(settings, index, events, callers))
    app = Flask(__name__)
    app.extensions["index"] = index
    app.register_blueprint(bp)
    bearer.init_app(app, callers)
    web.init_app(app)
    hosts.init_app(app, settings.hosts)
    logs.init_app(app)
    health.init_app(app, readiness, events.is_alive)
    telemetry.init_app(app)
    server.init_app(app, telemetry, events, readiness)
    return app


def open_index(settings: Settings, credential: TokenCredential) -> Index:
    """Return the index with its client, which connects at its first request."""
    account = blobs.open_account(settings.blob_endpoint, credential)
    return Index(account.get_container_client(settings.container))


def proofs(
    settings: Settings, index: Index, events: Consumer, callers: Bearer | None
) -> list[Proof]:
    """Return each right of the catalog with the least invasive request that needs it."""
    container = f"container {settings.container}"
    return [
        Proof("read", container, lambda: blobs.prove_read(index.container)),
        Proof("write", container, lambda: blobs.prove_create(index.container)),
        Proof("list", container, lambda: index.page(None, 1)),
        Proof("receive", f"{settings.topic}/subscriptions/{settings.subscription}", events.prove),
        *([Proof("fetch keys", "Entra", callers.prove)] if callers else []),
    ]


@bp.get("/photos")
@bearer.requires(ROLE)
def page() -> ResponseReturnValue:
    limit, cursor = int_arg("limit", 24, 1, 100), request.args.get("cursor")
    index: Index = current_app.extensions["index"]
    try:
        found, marker = index.page(entries.from_cursor(cursor) if cursor else None, limit)
    except entries.BrokenCursor as error:
        raise Problem(400, "broken-cursor", "The cursor is broken") from error
    following = entries.to_cursor(marker) if marker else None
    return {"photos": [entry.to_json() for entry in found], "next": following}


@bp.get("/photos/<uuid:photo>")
@bearer.requires(ROLE)
def one(photo: UUID) -> ResponseReturnValue:
    index: Index = current_app.extensions["index"]
    entry = index.photo(str(photo))
    if entry is None:
        raise Problem(404, "unknown-photo", "The catalog has no entry for this photo")
    return entry.to_json()


@bp.app_errorhandler(AzureError)
def storage_unavailable(error: AzureError) -> ResponseReturnValue:
    operation = f"{request.method} {request.url_rule}"
    log.error("Storage failed: %s", error, extra={"operation": operation})
    headers = {"Retry-After": "5"}
    return Problem(503, "dependency-down", "Storage is unavailable", headers=headers).get_response()
