"""CloudEvents 1.0 in JSON, as the messages between services: written and validated here.

An event about the same subject and of the same type has the same id and the same bytes, whichever
replica sends it again and when. So the id makes a send idempotent as the message's id, and lets
receivers drop duplicates. (For the same reason the event has no `time`: it would differ.)
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CONTENT_TYPE = "application/cloudevents+json"


class InvalidEvent(ValueError):
    """The message is no event that this service accepts."""


@dataclass(frozen=True)
class Event:
    """An event of one subject; it happens once, so subject and type identify it."""

    type: str
    source: str
    subject: str
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same for each repetition; no full stop, which Standard Webhooks reserves."""
        return f"{self.subject}-{self.type.rpartition('.')[2]}"

    def to_json(self) -> bytes:
        """Return the event in CloudEvents' structured mode."""
        attributes = {"specversion": "1.0", "id": self.id, "type": self.type}
        about = {"source": self.source, "subject": self.subject, "data": dict(self.data)}
        return json.dumps(attributes | about, separators=(",", ":")).encode()


def parse(body: Iterable[bytes], *types: str) -> Event:
    """Return the event in a message's body, if it is one of `types`; raises InvalidEvent."""
    try:
        found = json.loads(b"".join(body))
        event = Event(found["type"], found["source"], found["subject"], found["data"])
        sound = (found["specversion"], found["id"]) == ("1.0", event.id)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidEvent(f"not a CloudEvent: {error!r}") from error
    texts = (event.source, event.subject)
    if not sound or not all(isinstance(each, str) and each for each in texts):
        raise InvalidEvent("a CloudEvent whose attributes do not belong together")
    if not isinstance(event.data, dict):
        raise InvalidEvent("a CloudEvent whose data is no object")
    if event.type not in types:
        raise InvalidEvent(f"an event of an unknown type: {event.type!r:.80}")
    return event
