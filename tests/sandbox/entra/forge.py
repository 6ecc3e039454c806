"""A tenant whose clock stands still, and tokens that an attacker made with care."""

import json
from collections.abc import Iterable
from typing import Any

from joserfc import jws

from sandbox.deployment import Principal, PrincipalKind
from sandbox.entra import VAULT, VAULT_AUDIENCES, Issuer, SigningKey, Verifier
from sandbox.testing.token_factory import claims_of

TENANT = "7e4a4700-0000-4000-8000-000000000000"
NOW = 1_800_000_000
APP = Principal(
    "gateway",
    PrincipalKind.USER_ASSIGNED,
    "11111111-0000-4000-8000-000000000000",
    "22222222-0000-4000-8000-000000000000",
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/"
    "userAssignedIdentities/id-gateway",
)


class Tenant:
    """Entra and one data plane, at the same time of day."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self.now = float(NOW)
        self.issuer = Issuer(key, TENANT, lambda: self.now)

    def verifier(self, audiences: Iterable[str] = VAULT_AUDIENCES) -> Verifier:
        names = {APP.principal_id: APP.name}
        return Verifier([self.key], TENANT, list(audiences), names, lambda: self.now)

    def token(self, audience: str = VAULT, lifetime: int = 3600) -> str:
        return self.issuer.issue(APP, audience, lifetime=lifetime).text

    def signed(self, *without: str, **claims: Any) -> str:
        """A token with a perfect signature and these claims instead, or missing."""
        content = claims_of(self.token()) | claims
        content = {name: value for name, value in content.items() if name not in without}
        return sign(self.key, {"alg": "RS256", "kid": self.key.kid}, json.dumps(content).encode())


def sign(key: SigningKey, header: dict[str, Any], content: bytes) -> str:
    """A JWS in compact form."""
    return jws.serialize_compact(header, content, key.key, algorithms=["RS256"])
