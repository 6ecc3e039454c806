"""The gateway's routes: photos come in here, and what became of them goes out."""

import logging
from dataclasses import dataclass
from math import ceil
from threading import BoundedSemaphore
from typing import IO, Any
from uuid import UUID

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import ContainerClient, ContentSettings
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from requests import RequestException

from services.common import blobs, logs
from services.common.bus import Publisher, SendError
from services.common.idempotency import new_id
from services.common.web import Problem
from services.gateway.catalog import BrokenCursor, Catalog
from services.gateway.form import read_photo
from services.gateway.images import MAX_BYTES, size_of, sniff
from services.gateway.limits import RateLimit, address_of
from services.gateway.places import PATIENCE, READS, STORING, UPLOADS, place
from services.gateway.slow_uploads import Shares
from services.photo_events import CONTENT_TYPE, UPLOADED, Event

log = logging.getLogger(__name__)

LIMITS = {str(number): number for number in range(1, 101)}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Dependencies:
    """What the routes talk to."""

    originals: ContainerClient
    thumbnails: ContainerClient
    uploads: Publisher
    catalog: Catalog
    limit: RateLimit


def blueprint(to: Dependencies) -> Blueprint:
    """Return the routes of the gallery and its API."""
    photos = Blueprint("photos", __name__)
    uploading, storing = BoundedSemaphore(UPLOADS), BoundedSemaphore(STORING)
    reading, shares = BoundedSemaphore(READS), Shares()

    @photos.before_app_request
    def begin() -> None:
        logs.know(**{name: str(value) for name, value in (request.view_args or {}).items()})

    @photos.get("/")
    def gallery() -> str:
        return render_template("gallery.html")

    @photos.post("/photos")
    @place(uploading)
    def upload() -> ResponseReturnValue:
        if wait := to.limit.take(address_of(request)):
            raise _problem(429, "rate-limited", "Too many uploads", wait=wait)
        with shares.share(address_of(request)):
            file = read_photo(request)
        with file:
            content_type, size = _accepted(file)
            photo = new_id(_idempotency_key(), file)
            logs.know(photo=photo)
            settings = ContentSettings(content_type=content_type)
            with place(storing, wait=PATIENCE):
                blobs.create(to.originals, photo, file, size, content_settings=settings)
        _announce(to.uploads, photo, {"content_type": content_type, "size": size})
        log.info("Photo received", extra={"size": size})
        location = url_for(".one", photo=photo)
        return {"id": photo, "state": "received"}, 202, {"Location": location}

    @photos.get("/photos")
    @place(reading)
    def page() -> ResponseReturnValue:
        limit, cursor = _limit(request.args.get("limit", "24")), request.args.get("cursor")
        try:
            found = to.catalog.page(cursor, limit)
        except BrokenCursor as error:
            raise _problem(400, "broken-cursor", "This cursor leads nowhere") from error
        return {"photos": [_shown(entry) for entry in found["photos"]], "next": found["next"]}

    @photos.get("/photos/<uuid:photo>")
    @place(reading)
    def one(photo: UUID) -> ResponseReturnValue:
        if entry := to.catalog.photo(str(photo)):
            return _shown(entry)
        try:
            # The narrowest right that shows existence: it opens no content.
            to.originals.get_blob_client(str(photo)).get_blob_tags()
        except ResourceNotFoundError as error:
            blobs.expect_blob_not_found(error)
            raise _problem(404, "unknown-photo", "There is no such photo") from error
        return {"id": str(photo), "state": "received"}

    @photos.get("/photos/<uuid:photo>/thumbnail")
    @place(reading)
    def thumbnail(photo: UUID) -> Response:
        try:
            stored = to.thumbnails.download_blob(str(photo))
        except ResourceNotFoundError as error:
            blobs.expect_blob_not_found(error)
            raise _problem(404, "unknown-photo", "There is no such thumbnail") from error
        response = Response(stored.readall(), mimetype="image/webp")
        response.headers["Cache-Control"] = FOR_EVER
        response.add_etag()
        response.make_conditional(request)
        return response

    @photos.app_errorhandler(AzureError)
    @photos.app_errorhandler(SendError)
    @photos.app_errorhandler(RequestException)
    def dependency_down(error: Exception) -> Response:
        operation = f"{request.method} {request.url_rule}"
        log.error("A dependency failed: %s", error, extra={"operation": operation})
        return _problem(503, "dependency-down", "Please try again soon", wait=5).response()

    return photos


def _accepted(stream: IO[bytes]) -> tuple[str, int]:
    size = size_of(stream)
    if size > MAX_BYTES:
        raise too_large()
    content_type = sniff(stream.read(12))
    stream.seek(0)
    if content_type is None:
        title = "This is not a JPEG, PNG, WebP or GIF image"
        raise _problem(415, "not-an-image", title)
    return content_type, size


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= 255:
        raise _problem(400, "bad-idempotency-key", "Idempotency-Key takes 1 to 255 characters")
    return key


def _announce(uploads: Publisher, photo: str, data: dict[str, Any]) -> None:
    # Sent again for an original that is already there: whether the first send went through is
    # not known here, and duplicate detection by the same id drops it if it did.
    event = Event(UPLOADED, "urn:keyless:gateway", photo, data)
    uploads.send(
        event.to_json(), message_id=event.id, subject=event.type, content_type=CONTENT_TYPE
    )


def _limit(text: str) -> int:
    if text not in LIMITS:
        raise _problem(400, "bad-limit", f"limit takes a number from 1 to {len(LIMITS)}")
    return LIMITS[text]


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["state"] != "processed":
        return entry
    return entry | {"thumbnail": url_for("photos.thumbnail", photo=entry["id"])}


def too_large() -> Problem:
    """Return the answer to a photo above the limit."""
    return _problem(413, "too-large", f"A photo has at most {MAX_BYTES // 1_000_000} MB")


def _problem(status: int, kind: str, title: str, wait: float = 0) -> Problem:
    return Problem(status, kind, title, headers={"Retry-After": str(ceil(wait))} if wait else {})
