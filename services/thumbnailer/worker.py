"""The handlers for messages of `photo-uploads` and for its dead letters."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.servicebus import ServiceBusReceivedMessage
from azure.storage.blob import ContainerClient, ContentSettings

from services.common import blobs, logs
from services.common.bus import Publisher
from services.common.consumer import LeaveLocked, Permanent, Transient
from services.photo_events import (
    CONTENT_TYPE,
    PROCESSED,
    REJECTED,
    UPLOADED,
    Event,
    InvalidEvent,
    parse,
)
from services.thumbnailer.decoder import Decoder, DecoderLost
from services.thumbnailer.images import NotAnImage

log = logging.getLogger(__name__)

_MAX_BYTES = 20_000_000
_REASONS = frozenset({"UnknownEvent", "UnreadableImage", "OriginalGone", "TooLarge"})
_UNEXPLAINED = "It could not be processed."
_WEBP = ContentSettings(content_type="image/webp")


@dataclass(frozen=True)
class Thumbnailer:
    """Makes thumbnails, and publishes the outcome for each photo."""

    originals: ContainerClient
    thumbnails: ContainerClient
    events: Publisher
    decoder: Decoder = field(default_factory=Decoder)
    room: threading.Lock = field(default_factory=threading.Lock)  # for one photo's bytes

    def handle(self, message: ServiceBusReceivedMessage) -> None:
        """Make the thumbnail of an uploaded photo and publish photo.processed.

        Raises Permanent if there can be no thumbnail, Transient or AzureError if there may be one
        later.
        """
        try:
            photo = parse(message.body, UPLOADED).subject
            logs.bind(photo=photo)
            with self.room:
                original, created = self._read(photo)
                thumbnail = self.decoder.make_thumbnail(original)
        except InvalidEvent as error:
            raise Permanent("UnknownEvent", str(error)) from error
        except NotAnImage as error:
            raise Permanent("UnreadableImage", str(error)) from error
        except DecoderLost as error:
            raise Transient(str(error)) from error
        facts = {"created": _iso(created), "width": thumbnail.width, "height": thumbnail.height}
        self._store(photo, thumbnail.data, facts)
        self._publish(PROCESSED, photo, facts)

    def reject(self, message: ServiceBusReceivedMessage) -> None:
        """Publish the outcome for the photo of a dead-lettered message.

        Photos are rejected only here, whether this service or the broker gave the message up.
        Raises LeaveLocked if the message names no photo, AzureError if publishing fails.
        """
        try:
            event = parse(message.body, UPLOADED)
        except InvalidEvent as error:
            raise LeaveLocked(f"it names no photo: {error}") from error
        logs.bind(photo=event.subject)
        if facts := self._facts(event.subject):
            self._publish(PROCESSED, event.subject, facts)
            return
        created = self._created(event.subject, message)
        self._publish(REJECTED, event.subject, {"created": created, "reason": _reason(message)})

    def _read(self, photo: str) -> tuple[bytes, datetime]:
        try:
            stored = self.originals.download_blob(photo)
        except ResourceNotFoundError as error:
            blobs.expect_blob_not_found(error)
            raise Permanent("OriginalGone", "The original is gone.") from error
        if stored.size > _MAX_BYTES:
            raise Permanent("TooLarge", "The original is larger than a photo may be.")
        return stored.readall(), stored.properties.creation_time

    def _store(self, photo: str, data: bytes, facts: dict[str, Any]) -> None:
        # The facts are stored with the pixels, so that a lost event can be sent again.
        self.thumbnails.get_blob_client(photo).upload_blob(
            data,
            length=len(data),
            overwrite=True,
            content_settings=_WEBP,
            metadata={key: str(value) for key, value in facts.items()},
        )

    def _facts(self, photo: str) -> dict[str, Any] | None:
        found = blobs.find(self.thumbnails, photo)
        if found is None:
            return None
        known = found.metadata
        width, height = int(known["width"]), int(known["height"])
        return {"created": known["created"], "width": width, "height": height}

    def _created(self, photo: str, message: ServiceBusReceivedMessage) -> str:
        """Return when the original was created or, if it is gone, when the message was enqueued."""
        original = blobs.find(self.originals, photo)
        return _iso(original.creation_time if original else message.enqueued_time_utc)

    def _publish(self, kind: str, photo: str, data: dict[str, Any]) -> None:
        event = Event(kind, "urn:keyless:thumbnailer", photo, data)
        self.events.send(
            event.to_json(), message_id=event.id, subject=event.type, content_type=CONTENT_TYPE
        )
        log.info("Published %s", kind, extra={"facts": data})


def _reason(message: ServiceBusReceivedMessage) -> str:
    # The texts of the broker and of tracebacks are for the log, not for the photo's owner.
    ours = message.dead_letter_reason in _REASONS
    return (message.dead_letter_error_description if ours else "") or _UNEXPLAINED


def _iso(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else "1970-01-01T00:00:00Z"
