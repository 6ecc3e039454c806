"""Issues v1 access tokens with the claims that Entra gives a managed identity or a user."""

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from sandbox.deployment import Principal, PrincipalKind
from sandbox.entra.keys import SigningKey

# A managed identity's token is valid for a day; the SDK renews it after half of that.
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-managed-service-identity
LIFETIME = 24 * 60 * 60
# Entra dates a token five minutes back, for clocks that are behind.
BACKDATED = 5 * 60

_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


@dataclass(frozen=True)
class AccessToken:
    """A signed token. Times are in seconds since the epoch; `id` may be logged, `text` never."""

    text: str
    id: str
    audience: str
    not_before: int
    expires_on: int

    def __repr__(self) -> str:
        return f"AccessToken(id={self.id!r}, audience={self.audience!r})"


class Issuer:
    """Entra's token service for one tenant."""

    def __init__(
        self, key: SigningKey, tenant_id: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key
        self._clock = clock
        self.tenant_id = tenant_id
        self.name = issuer_name(tenant_id)

    def issue(
        self, principal: Principal, audience: str, host_id: str = "", lifetime: int = LIFETIME
    ) -> AccessToken:
        """A token for `principal` to show to `audience`, valid for `lifetime` seconds.

        `host_id` is the resource that a user-assigned identity is used on.
        """
        now = int(self._clock())
        token_id = secrets.token_urlsafe(16)
        times = {"iat": now - BACKDATED, "nbf": now - BACKDATED, "exp": now + lifetime}
        claims = {"aud": audience, "iss": self.name, **times, "tid": self.tenant_id}
        claims |= {"uti": token_id, "ver": "1.0", "oid": principal.principal_id}
        claims |= _opaque() | self._who(principal, host_id)
        header = {"typ": "JWT", "alg": "RS256", "kid": self._key.kid, "x5t": self._key.kid}
        text = jwt.encode(header, claims, self._key.key)
        return AccessToken(text, token_id, audience, now - BACKDATED, now + lifetime)

    def _who(self, principal: Principal, host_id: str) -> dict[str, Any]:
        if principal.kind is PrincipalKind.USER:
            return _user(principal)
        claims = _managed_identity(principal) | {"idp": self.name}
        if principal.kind is PrincipalKind.USER_ASSIGNED and host_id:
            claims["xms_az_rid"] = _as_claimed(host_id)
        return claims


def issuer_name(tenant_id: str) -> str:
    """The `iss` of a tenant's v1 tokens."""
    return f"https://sts.windows.net/{tenant_id}/"


def _managed_identity(principal: Principal) -> dict[str, Any]:
    return {
        "appid": principal.client_id,
        "appidacr": "2",  # managed identities prove themselves by certificate
        "idtyp": "app",
        "sub": principal.principal_id,
        "xms_mirid": _as_claimed(principal.resource_id),
    }


def _user(principal: Principal) -> dict[str, Any]:
    return {
        "appid": _AZURE_CLI,
        "appidacr": "0",
        "acr": "1",
        "amr": ["pwd", "mfa"],
        "idtyp": "user",
        "name": principal.name,
        "scp": "user_impersonation",
        # Pairwise: another application sees another subject for the same user.
        "sub": str(uuid.uuid5(uuid.UUID(_AZURE_CLI), principal.principal_id)),
        "unique_name": f"{principal.name}@keyless.example",
        "upn": f"{principal.name}@keyless.example",
    }


def _opaque() -> dict[str, Any]:
    return {"aio": secrets.token_urlsafe(24), "rh": f"1.{secrets.token_urlsafe(24)}."}


def _as_claimed(resource_id: str) -> str:
    return resource_id.replace("/resourceGroups/", "/resourcegroups/")
