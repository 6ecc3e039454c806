"""CloudEvents 1.0 in JSON, as the messages between the services: written and validated here.

An event about the same photo and of the same type has the same id and the same bytes, whoever
sends it again and when. So the id makes a send idempotent as the message's id, and tells a
partner what it has seen. (For the same reason there is no `time`: it would differ.)
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/cloudevents+json"
UPLOADED, PROCESSED, REJECTED = "photo.uploaded", "photo.processed", "photo.rejected"
PHOTO_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class InvalidEvent(ValueError):
    """A message is no event that this service knows."""


@dataclass(frozen=True)
class Event:
    """What happened to one photo."""

    type: str
    source: str
    photo: str
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same for every repetition; without a full stop, which Standard Webhooks reserves."""
        return f"{self.photo}-{self.type.rpartition('.')[2]}"

    def to_json(self) -> bytes:
        """Return the event in CloudEvents' structured mode."""
        attributes = {"specversion": "1.0", "id": self.id, "type": self.type}
        about = {"source": self.source, "subject": self.photo, "data": dict(self.data)}
        return json.dumps(attributes | about, separators=(",", ":")).encode()


def parse(body: Iterable[bytes], *types: str) -> Event:
    """Return the event in a message's body, if it is one of `types`; raises InvalidEvent."""
    try:
        found = json.loads(b"".join(body))
        event = Event(found["type"], found["source"], found["subject"], found["data"])
        sound = (found["specversion"], found["id"]) == ("1.0", event.id)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidEvent(f"not a CloudEvent about a photo: {error!r}") from error
    if not sound or not isinstance(event.source, str) or not isinstance(event.data, dict):
        raise InvalidEvent("a CloudEvent whose attributes do not belong together")
    if not PHOTO_ID.fullmatch(event.photo):
        raise InvalidEvent("a CloudEvent that names no photo")
    if event.type not in types:
        raise InvalidEvent(f"an event of an unknown type: {event.type!r:.80}")
    return event
