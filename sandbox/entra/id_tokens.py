"""ID tokens, which tell a program the user that has signed in."""

import base64
import json
import secrets
import time
from collections.abc import Callable

from joserfc import jwt

from sandbox.deployment import Principal
from sandbox.entra.claims import pairwise, user_name
from sandbox.entra.issuer import BACKDATED
from sandbox.entra.keys import SigningKey

_LIFETIME = 60 * 60


class IdTokens:
    """Entra's v2.0 ID tokens for one tenant."""

    def __init__(
        self, key: SigningKey, tenant_id: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key
        self._tenant_id = tenant_id
        self._clock = clock

    def issue(self, principal: Principal, client_id: str) -> str:
        """Return a token. https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference"""
        begun = int(self._clock()) - BACKDATED
        claims = {
            "aud": client_id,
            "iss": f"https://login.microsoftonline.com/{self._tenant_id}/v2.0",
            "iat": begun,
            "nbf": begun,
            "exp": begun + BACKDATED + _LIFETIME,
            "name": principal.name,
            "oid": principal.principal_id,
            "preferred_username": user_name(principal.name),
            "rh": f"1.{secrets.token_urlsafe(24)}.",
            "sub": pairwise(principal, client_id),
            "tid": self._tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "2.0",
        }
        header = {"typ": "JWT", "alg": "RS256", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key.key)


def client_info(principal: Principal, tenant_id: str) -> str:
    """Return the ids of the user and the home tenant, by which MSAL tells accounts apart."""
    content = json.dumps({"uid": principal.principal_id, "utid": tenant_id}).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
