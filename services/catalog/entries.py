"""The catalog's entries: pure decisions, no I/O."""

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote
from zlib import crc32

from services.photo_events import PROCESSED, Event

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MAX_REASON = 300
_END_OF_TIME = 10**10  # seconds; the year 2286
_CHECKSUM = 4  # bytes


class BrokenCursor(ValueError):
    """A cursor that this catalog did not make."""


@dataclass(frozen=True)
class Entry:
    """A photo's final state, and the creation time of its original."""

    id: str
    state: str
    created: str
    reason: str = ""
    width: int = 0
    height: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the fields that are known."""
        return {key: value for key, value in asdict(self).items() if value}


def from_event(event: Event) -> Entry:
    """Return the entry of a photo.processed or photo.rejected; raises ValueError."""
    data = event.data
    created = datetime.strptime(str(data.get("created")), _TIME).replace(tzinfo=UTC)
    if not 0 <= created.timestamp() < _END_OF_TIME:
        raise ValueError(f"no time for a photo: {created}")
    when = created.strftime(_TIME)
    if event.type == PROCESSED:
        width, height = _length(data.get("width")), _length(data.get("height"))
        return Entry(event.subject, "processed", when, width=width, height=height)
    reason = str(data.get("reason") or "Unknown.")[:_MAX_REASON]
    return Entry(event.subject, "rejected", when, reason=reason)


def merge(known: Entry | None, new: Entry) -> Entry:
    """Return the entry after an event; events may come in any order and any number of times.

    Processed beats rejected. The first creation time stays, since it is part of a name in the
    index, and no name can be removed: the catalog may not delete.
    """
    if known is None:
        return new
    better = new.state == "processed" and known.state == "rejected"
    return replace(new, created=known.created) if better else known


def newest_name(entry: Entry) -> str:
    """Return a name that sorts before the names of all older photos."""
    created = datetime.strptime(entry.created, _TIME).replace(tzinfo=UTC)
    return f"newest/{_END_OF_TIME - int(created.timestamp()):010}-{entry.id}"


def to_metadata(entry: Entry) -> dict[str, str]:
    """Return the entry as a blob's metadata, whose values are headers and so plain ASCII."""
    return {key: quote(str(value), safe=",:") for key, value in entry.to_json().items()}


def from_metadata(metadata: Mapping[str, str]) -> Entry:
    """Return the entry that to_metadata() wrote; raises KeyError or ValueError."""
    known = {key: unquote(value) for key, value in metadata.items()}
    size = {side: int(known.get(side, 0)) for side in ("width", "height")}
    return Entry(known["id"], known["state"], known["created"], known.get("reason", ""), **size)


def to_cursor(marker: str) -> str:
    """Return storage's marker as a cursor with a checksum."""
    raw = marker.encode()
    return base64.urlsafe_b64encode(crc32(raw).to_bytes(_CHECKSUM) + raw).decode().rstrip("=")


def from_cursor(cursor: str) -> str:
    """Return the marker in a cursor; raises BrokenCursor."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        marker = raw[_CHECKSUM:].decode()
    except ValueError as error:
        raise BrokenCursor from error
    if not marker or crc32(raw[_CHECKSUM:]) != int.from_bytes(raw[:_CHECKSUM]):
        raise BrokenCursor
    return marker


def _length(value: object) -> int:
    if not isinstance(value, int) or not 0 < value < 1_000_000:
        raise ValueError(f"no length in pixels: {value!r:.40}")
    return value
