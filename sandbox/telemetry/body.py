"""The body of a request: envelopes as a JSON array or one a line, perhaps compressed, bounded."""

import json
import zlib
from typing import Any

from sandbox.telemetry.refusal import Refusal

# What a body may be once it is unpacked; exporters send some hundred kilobytes at most.
LARGEST = 16 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def envelopes(content: bytes, encoding: str) -> list[Any]:
    """What was sent, one by one, whatever it is. Raises Refusal 400, 413 or 415."""
    text = _unpacked(content, encoding.strip().lower())
    try:
        if text.lstrip().startswith(b"["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise Refusal(400, "Bad Request", "the body is no JSON") from None


def _unpacked(content: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return content
    if encoding != "gzip":
        raise Refusal(415, "Unsupported Media Type", "the content encoding is not gzip")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(content, LARGEST)
    except zlib.error:
        raise Refusal(400, "Bad Request", "the body is no gzip") from None
    if unpacking.unconsumed_tail:
        raise Refusal(413, "Request Entity Too Large", "the body is too large once unpacked")
    if not unpacking.eof:
        raise Refusal(400, "Bad Request", "the body is not whole")
    return unpacked
