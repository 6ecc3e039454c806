"""The events that the services exchange; the subject of each is a photo's id."""

import re
from collections.abc import Iterable

from services.common import events
from services.common.events import CONTENT_TYPE, Event, InvalidEvent

__all__ = ["CONTENT_TYPE", "PROCESSED", "REJECTED", "UPLOADED", "Event", "InvalidEvent", "parse"]

UPLOADED, PROCESSED, REJECTED = "photo.uploaded", "photo.processed", "photo.rejected"
_PHOTO_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse(body: Iterable[bytes], *types: str) -> Event:
    """Return the event in a message's body, if it is one of `types`; raises InvalidEvent."""
    event = events.parse(body, *types)
    if not _PHOTO_ID.fullmatch(event.subject):
        raise InvalidEvent("a CloudEvent that names no photo")
    return event
