"""What can be told of a photo from its bytes alone, without decoding it."""

from typing import IO

MAX_BYTES = 20_000_000


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


def size_of(stream: IO[bytes]) -> int:
    """Return the length of a stream, and leave it at its start."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return size
