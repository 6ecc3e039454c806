"""The gateway's routes: photos come in here, and their thumbnails and outcomes go out."""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import ContainerClient, ContentSettings
from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from requests import RequestException

from services.common import blobs, logs
from services.common.bus import Publisher
from services.common.idempotency import new_id
from services.common.web import Problem, int_arg
from services.gateway import admission, images
from services.gateway.catalog import BrokenCursor, Catalog
from services.gateway.form import read_photo
from services.photo_events import CONTENT_TYPE, UPLOADED, Event

log = logging.getLogger(__name__)

bp = Blueprint("photos", __name__)


@dataclass(frozen=True)
class Dependencies:
    """The clients that the routes use, each with the gateway's identity."""

    originals: ContainerClient
    thumbnails: ContainerClient
    uploads: Publisher
    catalog: Catalog


def _deps() -> Dependencies:
    """Return the clients that create_app() gave the application."""
    found: Dependencies = current_app.extensions["photos"]
    return found


@bp.get("/")
def gallery() -> str:
    return render_template("gallery.html")


@bp.post("/photos")
def upload() -> ResponseReturnValue:
    with read_photo(request) as file:
        content_type, size = images.check(file)
        photo = new_id(request.headers.get("Idempotency-Key"), file)
        logs.bind(photo=photo)
        settings = ContentSettings(content_type=content_type)
        with admission.storing():
            blobs.create(_deps().originals, photo, file, size, content_settings=settings)
    _announce(photo, {"content_type": content_type, "size": size})
    log.info("Photo received", extra={"size": size})
    return {"id": photo, "state": "received"}, 202, {"Location": url_for(".one", photo=photo)}


@bp.get("/photos")
def page() -> ResponseReturnValue:
    limit, cursor = int_arg("limit", 24, 1, 100), request.args.get("cursor")
    try:
        found = _deps().catalog.page(cursor, limit)
    except BrokenCursor as error:
        raise Problem(400, "broken-cursor", "The cursor is broken") from error
    return {"photos": [_with_thumbnail(each) for each in found["photos"]], "next": found["next"]}


@bp.get("/photos/<uuid:photo>")
def one(photo: UUID) -> ResponseReturnValue:
    if entry := _deps().catalog.photo(str(photo)):
        return _with_thumbnail(entry)
    try:
        # The narrowest right that shows existence: it opens no content.
        _deps().originals.get_blob_client(str(photo)).get_blob_tags()
    except ResourceNotFoundError as error:
        blobs.expect_blob_not_found(error)
        raise Problem(404, "unknown-photo", "There is no such photo") from error
    return {"id": str(photo), "state": "received"}


@bp.get("/photos/<uuid:photo>/thumbnail")
def thumbnail(photo: UUID) -> ResponseReturnValue:
    try:
        stored = _deps().thumbnails.download_blob(str(photo))
    except ResourceNotFoundError as error:
        blobs.expect_blob_not_found(error)
        raise Problem(404, "unknown-photo", "There is no such thumbnail") from error
    response = Response(stored.readall(), mimetype="image/webp")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.add_etag()
    return response.make_conditional(request)


@bp.app_errorhandler(AzureError)
@bp.app_errorhandler(RequestException)
def dependency_down(error: Exception) -> ResponseReturnValue:
    operation = f"{request.method} {request.url_rule}"
    log.error("A dependency failed: %s", error, extra={"operation": operation})
    headers = {"Retry-After": "5"}
    return Problem(503, "dependency-down", "Please try again soon", headers=headers).get_response()


def _announce(photo: str, data: dict[str, Any]) -> None:
    """Send photo.uploaded, even if the original existed already; raises SendError.

    A repeated upload does not know whether its first send went through. If it did, duplicate
    detection drops the second by its id.
    """
    event = Event(UPLOADED, "urn:keyless:gateway", photo, data)
    _deps().uploads.send(
        event.to_json(), message_id=event.id, subject=event.type, content_type=CONTENT_TYPE
    )


def _with_thumbnail(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the catalog's entry, with the address of a processed photo's thumbnail."""
    if entry["state"] != "processed":
        return entry
    return entry | {"thumbnail": url_for("photos.thumbnail", photo=entry["id"])}
