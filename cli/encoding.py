"""Replacements for characters that the terminal's encoding lacks."""

import codecs
import sys
from io import TextIOWrapper

_INSTEAD = {
    "✓": "+",
    "✗": "x",
    "→": ">",
    "←": "<",
    "•": "*",
    "≤": "<=",
    "≥": ">=",
    "µ": "u",
    "…": "...",
}
_NAME = "keyless"


def write_anything() -> None:
    """Let no character fail the command that writes it, whatever the terminal's encoding."""
    codecs.register_error(_NAME, _instead)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _instead(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return b"".join(map(_written, lacking)), error.end


def _written(lacking: str) -> bytes:
    """Return the replacement; an undecodable byte of a file's name stays itself (PEP 383)."""
    code = ord(lacking)
    return bytes([code & 0xFF]) if 0xDC80 <= code <= 0xDCFF else _INSTEAD.get(lacking, "?").encode()
