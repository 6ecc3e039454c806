"""The key that the sandbox's Entra signs with; it is made on this machine and never leaves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sandbox.broken_files import BrokenFileError
from sandbox.state import State

_FILE = "entra-signing-key.pem"


@dataclass(frozen=True)
class SigningKey:
    """An RSA key and the id that tokens name it by."""

    key: RSAKey
    kid: str

    @classmethod
    def kept_in(cls, state: State) -> "SigningKey":
        """Return the state's own key, made at first use. Raises BrokenFileError for no key."""
        path = state.path(_FILE)
        if not path.exists():
            state.write(_FILE, RSAKey.generate_key(2048).as_pem(private=True))
        try:
            return cls.of(RSAKey.import_key(_own_key(path.read_bytes())))
        except (JoseError, InvalidSignature, ValueError, TypeError) as error:
            raise BrokenFileError(path, "it holds no key") from error

    @classmethod
    def of(cls, key: RSAKey) -> "SigningKey":
        """Return `key` with its thumbprint as id, as Entra names its own."""
        return cls(key, key.thumbprint())

    def published(self, issuer: str) -> Mapping[str, Any]:
        """Return the public half as it stands in Entra's key set, which carries no `alg`."""
        public = self.key.as_dict(private=False)
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": public["n"],
            "e": public["e"],
            "issuer": issuer,
        }


def _own_key(pem: bytes) -> RSAPrivateKey:
    """Return a key that was made here. Raises InvalidSignature if its numbers do not fit.

    A signature shows that in a millisecond; a test of its primes takes forty at each start.
    """
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    how = PKCS1v15(), SHA256()
    key.public_key().verify(key.sign(b"", *how), b"", *how)
    return key
