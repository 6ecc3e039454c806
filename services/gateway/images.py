"""A photo's type and size, from its bytes alone and without decoding it."""

from typing import IO

from services.common.web import Problem

MAX_BYTES = 20_000_000


def check(stream: IO[bytes]) -> tuple[str, int]:
    """Return the content type and the length of an image; raises Problem (413, 415)."""
    size = stream.seek(0, 2)
    if size > MAX_BYTES:
        raise too_large()
    stream.seek(0)
    content_type = sniff(stream.read(12))
    stream.seek(0)
    if content_type is None:
        raise Problem(415, "not-an-image", "This is not a JPEG, PNG, WebP or GIF image")
    return content_type, size


def sniff(head: bytes) -> str | None:
    """Return the content type that the first twelve bytes announce, or None."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def too_large() -> Problem:
    """Return the error for a photo above the limit."""
    return Problem(413, "too-large", f"A photo has at most {MAX_BYTES // 1_000_000} MB")
