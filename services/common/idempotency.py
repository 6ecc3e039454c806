"""Idempotency keys: a request that is repeated makes the same thing, not a second one.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ has the header. Nothing
is kept of a key: the id that it leads to names the blob and the message, which are made once.
"""

import hashlib
import uuid
from typing import IO

_CHUNK = 1 << 20


def new_id(key: str | None, stream: IO[bytes]) -> str:
    """Return the id of what these bytes make: random, or derived from the key and the bytes.

    The bytes are part of it, so a key that is used again for other bytes leads to another id. The
    stream is left at its start.
    """
    if not key:
        return str(uuid.uuid4())
    digest = hashlib.sha256(hashlib.sha256(key.encode()).digest())
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return str(uuid.UUID(bytes=digest.digest()[:16], version=4))
