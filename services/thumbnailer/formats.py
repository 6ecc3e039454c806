"""The four formats that browsers show, and the reasons why a file cannot be read."""

import re
import struct
from enum import Enum

_CUT = "The image ends in the middle."
MEMORY = "The image takes too much memory to read."
_MAX_METADATA = 1_000_000  # bytes that are searched for the first frame
_SCAN = re.compile(rb"\xff\xda\0[\x08\x0a\x0c\x0e][\1-\4]")
_NO_FRAME = 0, 0, 0, 0
_NONE = "The file cannot be read as an image."
OTHER = "The file is no JPEG, PNG, WebP or GIF image."


class Format(Enum):
    """A format that browsers show, and how its files begin."""

    JPEG = re.compile(rb"\xff\xd8\xff")
    PNG = re.compile(rb"\x89PNG\r\n\x1a\n")
    WEBP = re.compile(rb"RIFF....WEBP", re.DOTALL)
    GIF = re.compile(rb"GIF8[79]a")


def of(original: bytes) -> Format | None:
    """Return the format that the first bytes announce, or None."""
    return next((each for each in Format if each.value.match(original)), None)


def why_unopened(format: Format, original: bytes, detail: str) -> str:
    """Return why a file holds no picture; `detail` is libvips's message."""
    if "memory" in detail:
        return MEMORY
    return _CUT if _stops_early(format, original) else _NONE


def why_unread(format: Format, original: bytes, detail: str) -> str:
    """Return why a picture cannot be read to its end; `detail` is libvips's message."""
    if is_cut(format, original, detail):
        return _CUT
    if "memory" in detail:
        return MEMORY
    where = re.sub(r"[^ -~]+", " ", detail).strip().rpartition(": ")[2][:80]
    return f"The {format.name} is broken: {where or 'its pixels cannot be read'}."


def is_cut(format: Format, original: bytes, detail: str) -> bool:
    """Return whether the picture ends early, and not only its file."""
    ends = "premature end" in detail or "Unexpected end" in detail
    return ends or (format in (Format.PNG, Format.WEBP) and _stops_early(format, original))


def _stops_early(format: Format, original: bytes) -> bool:
    """Return whether a file ends before its own structure does."""
    if format is Format.PNG:
        return original[12:16] == b"IHDR" and b"IEND" not in original
    if format is Format.WEBP:
        length = int.from_bytes(original[4:8], "little") + 8
        return original[12:15] == b"VP8" and length > len(original)
    if format is Format.GIF:
        return first_frame(original) != _NO_FRAME
    at, whole = 2, 0
    while original[at : at + 1] == b"\xff":
        at += 2 + int.from_bytes(original[at + 2 : at + 4])
        whole += at <= len(original)
    return whole > 0 and at >= len(original)


def scans(jpeg: bytes) -> int:
    """Return how many scans a JPEG has."""
    return sum(1 for _ in _SCAN.finditer(jpeg))


def first_frame(gif: bytes) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a GIF's first frame on its screen; zeros if none."""
    if len(gif) < 13:
        return _NO_FRAME
    at = 13 + (3 << (gif[10] & 7) + 1 if gif[10] & 0x80 else 0)
    end = min(len(gif), at + _MAX_METADATA)
    while gif[at : at + 1] == b"!":
        at += 2
        while at < end and gif[at]:
            at += gif[at] + 1
        at += 1
    if gif[at : at + 1] != b"," or len(gif) < at + 9:
        return _NO_FRAME
    left, top, width, height = struct.unpack_from("<4H", gif, at + 1)
    return left, top, width, height
