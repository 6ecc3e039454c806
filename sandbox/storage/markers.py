"""Markers, which lead to the next page of a list and are opaque to clients.

Azure refuses a marker that it has not given out, such as a blob's name: minio/minio issue 4948.
"""

import base64
import binascii
import re

_MARKER = re.compile(r"2![0-9]+!([A-Za-z0-9_=-]*)", re.ASCII)


def encode(place: str) -> str:
    """Return the marker of a place in a list."""
    text = base64.urlsafe_b64encode(place.encode()).decode()
    return f"2!{len(text)}!{text}"


def decode(marker: str) -> str | None:
    """Return the place that a marker stands for; None if it is none of ours."""
    found = _MARKER.fullmatch(marker)
    try:
        place = base64.urlsafe_b64decode(found[1]).decode() if found else ""
    except (binascii.Error, UnicodeDecodeError):
        return None
    return place if encode(place) == marker else None
