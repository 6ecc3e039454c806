"""Good and forged tokens for one API, for the tests of a verifier."""

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe
from joserfc.jwk import RSAKey

from sandbox.deployment import Deployment, Principal, Registration
from sandbox.entra import Issuer, SigningKey


@dataclass(frozen=True)
class TokenFactory:
    """Tokens of `principal` for `audience`, with Entra's key and with a stranger's.

    `leeway` is how many seconds the plane grants to clocks that differ.
    """

    key: SigningKey = field(repr=False)
    stranger: SigningKey = field(repr=False)
    tenant: str
    principal: Principal
    audience: str
    account: str
    vault: str
    api: Registration
    leeway: int = 0

    @classmethod
    def of(
        cls, deployment: Deployment, key: SigningKey, identity: str, audience: str = ""
    ) -> "TokenFactory":
        """Return a maker of good and forged tokens of `identity`.

        They are for `audience`, by default the deployment's own API. `key` is the sandbox's.
        Raises KeyError for an unknown identity, ValueError for a deployment without an API.
        """
        if deployment.registration is None:
            raise ValueError("the deployment has no API of its own, and so no tokens for one")
        return cls(
            key,
            _stranger(),
            deployment.tenant_id,
            deployment.principal(identity),
            audience or deployment.registration.app_id,
            f"https://{deployment.storage.host}",
            f"https://{deployment.vault.host}",
            deployment.registration,
        )

    def good(self, audience: str = "", lifetime: int = 3600, ahead: float = 0) -> str:
        """Return the token that Entra would issue `ahead` seconds from now."""
        issuer = Issuer(self.key, self.tenant, lambda: time.time() + ahead, self.api)
        return issuer.issue(self.principal, audience or self.audience, lifetime=lifetime).text

    def of_stranger(self, kid: str = "") -> str:
        """A perfect token, but for its signer; under a key id of another, if named."""
        key = replace(self.stranger, kid=kid) if kid else self.stranger
        issuer = Issuer(key, self.tenant, registration=self.api)
        return issuer.issue(self.principal, self.audience).text

    def with_its_own_key(self) -> str:
        """A stranger's token that brings its key along, for a verifier that takes keys from it."""
        public = self.stranger.key.as_dict(private=False)
        claims = json.dumps(claims_of(self.good()))
        header = {"kid": self.stranger.kid, "jwk": public, "jku": "https://example.com/keys"}
        return replace(self, key=self.stranger).signed_text(claims, **header)

    def signed(self, *without: str, **claims: Any) -> str:
        """With Entra's own signature over these claims instead, or without some."""
        content = claims_of(self.good()) | claims
        return self.signed_text(
            json.dumps({name: value for name, value in content.items() if name not in without})
        )

    def signed_text(self, payload: str, **header: Any) -> str:
        """Sign any text and any header with Entra's own key: by hand, since libraries refuse to."""
        usual = {"typ": "JWT", "alg": "RS256", "kid": self.key.kid}
        signed = f"{encoded(usual | header)}.{base64url(payload.encode())}"
        private: Any = self.key.key.private_key
        signature = private.sign(signed.encode(), PKCS1v15(), SHA256())
        return f"{signed}.{base64url(signature)}"

    def with_header(self, *without: str, **instead: Any) -> str:
        """A good token under another header; its signature is the old one."""
        header, payload, signature = self._parts()
        changed = header_of(f"{header}..") | instead
        kept = {name: value for name, value in changed.items() if name not in without}
        return f"{encoded(kept)}.{payload}.{signature}"

    def with_payload(self, **claims: Any) -> str:
        """A good token with other claims; its signature is the old one."""
        header, _, signature = self._parts()
        return f"{header}.{encoded(claims_of(self.good()) | claims)}.{signature}"

    def with_raw_payload(self, payload: str) -> str:
        """A good token with any text for a payload, not even base64; its signature is the old."""
        header, _, signature = self._parts()
        return f"{header}.{payload}.{signature}"

    def unsigned(self, algorithm: str = "none", signature: str = "") -> str:
        """A token that says it needs no signature."""
        header = encoded({"typ": "JWT", "alg": algorithm, "kid": self.key.kid})
        return f"{header}.{self._parts()[1]}.{signature}"

    def by_public_key(self) -> str:
        """Return a token with HS256, keyed with the public key that Entra publishes."""
        header = encoded({"typ": "JWT", "alg": "HS256", "kid": self.key.kid})
        signed = f"{header}.{self._parts()[1]}"
        secret = self.key.key.as_pem(private=False)
        return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def encrypted(self) -> str:
        """A JWE, to Entra's own key."""
        header = {"alg": "RSA-OAEP", "enc": "A256GCM", "kid": self.key.kid}
        return jwe.encrypt_compact(header, json.dumps(claims_of(self.good())), self.key.key)

    def as_json(self, flat: bool = True) -> str:
        """A JWS in JSON form, flattened or general."""
        header, payload, signature = self._parts()
        one = {"protected": header, "signature": signature}
        return json.dumps({"payload": payload} | (one if flat else {"signatures": [one]}))

    def _parts(self) -> list[str]:
        return self.good().split(".")


@cache
def _stranger() -> SigningKey:
    """Return a key that Entra does not have."""
    return SigningKey.of(RSAKey.generate_key(2048))


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, unverified."""
    return dict(json.loads(decoded(token.split(".")[1])))


def header_of(token: str) -> dict[str, Any]:
    """Return the header of a token, unverified."""
    return dict(json.loads(decoded(token.split(".", maxsplit=1)[0])))


def encoded(value: object) -> str:
    """Return JSON as a part of a token."""
    return base64url(json.dumps(value).encode())


def base64url(content: bytes) -> str:
    """Return base64 as a part of a token has it: for URLs, without padding."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return the content of base64 in a token."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
