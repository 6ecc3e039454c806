"""Encryption at rest: AES-GCM, each value bound to the place that it is stored at."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.broken import BrokenError
from sandbox.state import State

_FILE = "vault.key"
_KEY_LENGTH = 32
_NONCE_LENGTH = 12


class SealBrokenError(ValueError):
    """What was to be opened was sealed with another key, for another place, or not at all."""


class Seal:
    """Closes and opens values with one key, which it never shows."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError if `key` is not 32 bytes long."""
        if len(key) != _KEY_LENGTH:
            raise ValueError("a vault's key is 32 bytes long")
        self._cipher = AESGCM(key)

    def close(self, content: bytes, place: str) -> bytes:
        """`content` encrypted; it can be opened only as what lies at `place`."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content of what was sealed for `place`. Raises SealBrokenError."""
        try:
            nonce, encrypted = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
            return self._cipher.decrypt(nonce, encrypted, place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("not sealed with this key for this place") from error


def kept_key(state: State) -> bytes:
    """The state's own vault key, made at first use.

    Raises OSError if it cannot be kept, ValueError if it is broken.
    """
    path = state.path(_FILE)
    if not path.exists():
        state.write(_FILE, AESGCM.generate_key(256))
    key = path.read_bytes()
    if len(key) != _KEY_LENGTH:
        raise BrokenError(path, f"it holds {len(key)} bytes, not {_KEY_LENGTH}")
    return key
