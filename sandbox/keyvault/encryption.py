"""Encryption at rest: AES-GCM, each value bound to the place that it is stored at."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.broken_files import BrokenFileError
from sandbox.state import State

_FILE = "vault.key"
_KEY_LENGTH = 32
_NONCE_LENGTH = 12


class DecryptionError(ValueError):
    """Bytes that were encrypted with another key, for another place, or not at all."""


class Encryption:
    """Encrypts and decrypts values with one key, which it never shows."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError if `key` is not 32 bytes long."""
        if len(key) != _KEY_LENGTH:
            raise ValueError("a vault's key is 32 bytes long")
        self._cipher = AESGCM(key)

    def encrypt(self, content: bytes, place: str) -> bytes:
        """Return `content` encrypted, to be decrypted at `place` only."""
        nonce = os.urandom(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def decrypt(self, encrypted: bytes, place: str) -> bytes:
        """Return the content that was encrypted for `place`. Raises DecryptionError."""
        try:
            nonce, content = encrypted[:_NONCE_LENGTH], encrypted[_NONCE_LENGTH:]
            return self._cipher.decrypt(nonce, content, place.encode())
        except (InvalidTag, ValueError) as error:
            raise DecryptionError("not encrypted with this key for this place") from error


def load_key(state: State) -> bytes:
    """Return the state's own vault key, made at first use.

    Raises OSError if it cannot be stored, BrokenFileError if it has another length.
    """
    path = state.path(_FILE)
    if not path.exists():
        state.write(_FILE, AESGCM.generate_key(256))
    key = path.read_bytes()
    if len(key) != _KEY_LENGTH:
        raise BrokenFileError(path, f"it holds {len(key)} bytes, not {_KEY_LENGTH}")
    return key
