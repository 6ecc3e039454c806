"""Idempotency keys: a repeated request makes the same thing, not a second one.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ defines the header.
No key is stored: the id derived from it names the blob and the message, which are created once.
"""

import hashlib
import uuid
from typing import IO

_CHUNK = 1 << 20


def new_id(key: str | None, stream: IO[bytes]) -> str:
    """Return an id: random, or derived from the key and the bytes.

    The bytes count, so the same key with other bytes leads to another id. The stream is left at
    its start.
    """
    if not key:
        return str(uuid.uuid4())
    digest = hashlib.sha256(hashlib.sha256(key.encode()).digest())
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return str(uuid.UUID(bytes=digest.digest()[:16], version=4))
