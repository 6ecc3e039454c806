"""The key that the sandbox's Entra signs with; it is made on this machine and never leaves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
            return cls.of(RSAKey.import_key(path.read_bytes()))
        except (JoseError, ValueError, TypeError) as error:
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
