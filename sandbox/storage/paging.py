"""Lists that come in pages, and the markers that lead from one page to the next.

A marker is opaque to clients. Azure refuses one that it has not given out, such as a blob's name:
minio/minio issue 4948.
"""

import base64
import binascii
import html
import re
from collections.abc import Mapping

from sandbox.storage.errors import refusal

_MARKER = re.compile(r"2![0-9]+!([A-Za-z0-9_=-]*)", re.ASCII)
_NEXT_MARKER = re.compile(rb"<NextMarker>([^<]+)</NextMarker></EnumerationResults>\s*\Z")
# https://learn.microsoft.com/rest/api/storageservices/get-page-ranges
_MOST_RANGES = 10_000
_PAGE_RANGE = re.compile(rb"<PageRange><Start>(\d+)</Start><End>\d+</End></PageRange>")


def marker_to(place: str) -> str:
    """Return the marker of a place in a list."""
    text = base64.urlsafe_b64encode(place.encode()).decode()
    return f"2!{len(text)}!{text}"


def place_of(marker: str) -> str | None:
    """Return the place that a marker leads to; None if this module did not write it."""
    found = _MARKER.fullmatch(marker)
    try:
        place = base64.urlsafe_b64decode(found[1]).decode() if found else ""
    except (binascii.Error, UnicodeDecodeError):
        return None
    return place if marker_to(place) == marker else None


def with_opaque_marker(body: bytes) -> bytes:
    """Return a page of a listing with our marker in place of Azurite's, which is a name."""
    return _NEXT_MARKER.sub(_next_marker, body)


def _next_marker(found: re.Match[bytes]) -> bytes:
    marker = marker_to(html.unescape(found[1].decode()))
    return f"<NextMarker>{marker}</NextMarker></EnumerationResults>".encode()


def page_of_ranges(body: bytes, parameters: Mapping[str, str]) -> bytes:
    """Return the page of a blob's ranges that a request asks for. Raises Refusal 400.

    Azurite has no pages here. A marker leads to the first byte of a range.
    """
    begin = place_of(parameters.get("marker", "")) or "0"
    if not begin.isdecimal():
        marker = {"QueryParameterName": "marker", "QueryParameterValue": parameters["marker"]}
        raise refusal("InvalidQueryParameterValue", marker)
    found = [each for each in _PAGE_RANGE.finditer(body) if int(each[1]) >= int(begin)]
    most = min(int(parameters.get("maxresults") or _MOST_RANGES), _MOST_RANGES)
    page = b"".join(each[0] for each in found[:most])
    if len(found) > most:
        page += f"<NextMarker>{marker_to(found[most][1].decode())}</NextMarker>".encode()
    return b"<PageList>" + page + b"</PageList>" if page else b"<PageList/>"
