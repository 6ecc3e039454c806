"""Issues access tokens with the claims that Entra gives a managed identity or a user.

The API that a token is for decides on its version: Azure's own take 1, a registration has its own.
https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from joserfc import jwt

from sandbox.deployment import Principal, Registration
from sandbox.entra.audiences import issued_for
from sandbox.entra.claims import version_1, version_2
from sandbox.entra.keys import SigningKey

# Entra dates a token five minutes back, for clocks that are behind.
BACKDATED = 5 * 60

# A managed identity's is valid for a day: 86,700 seconds lie between iat and exp of each that was
# recorded. Azure/azure-sdk-assets (54bc7dc5, 8a3a341a, c5d99156), azure-identity for Python:
# test_imds_credential, on virtual machines. The SDK renews it after half of that.
LIFETIME = 24 * 60 * 60

# A user's is valid for 60 to 90 minutes, 75 on average.
# https://learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime
USER_LIFETIME = 75 * 60


@dataclass(frozen=True)
class Lifetimes:
    """The lives of access tokens, in seconds: Entra's by default."""

    managed_identity: int = LIFETIME
    user: int = USER_LIFETIME


@dataclass(frozen=True)
class AccessToken:
    """A signed token. Times are in seconds since the epoch; `id` may be logged, `text` never.

    `roles` are the app roles in it, where it is for a registered API.
    """

    text: str
    id: str
    audience: str
    not_before: int
    expires_on: int
    roles: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"AccessToken(id={self.id!r}, audience={self.audience!r})"


class Issuer:
    """Entra's token service for one tenant. `registration` and `lifetimes` may be replaced."""

    def __init__(
        self,
        key: SigningKey,
        tenant_id: str,
        clock: Callable[[], float] = time.time,
        registration: Registration | None = None,
    ) -> None:
        self.registration = registration
        self.lifetimes = Lifetimes()
        self.clock = clock
        self._key = key
        self.tenant_id = tenant_id
        self.name = issuer_name(tenant_id)

    def knows(self, resource: str) -> bool:
        """Return whether `resource` is an Azure service or the registered API."""
        return issued_for(resource) or self._registered(resource) is not None

    def issue(
        self,
        principal: Principal,
        audience: str,
        host_id: str = "",
        lifetime: int | None = None,
    ) -> AccessToken:
        """Return a token for `principal` to show to `audience`, valid for `lifetime` seconds.

        The default is the lifetime of a managed identity's. `host_id` is the resource that a
        user-assigned identity is used on. For the registered API the token carries the app roles
        of the principal; a principal without one gets it, too:
        https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
        """
        registered = self._registered(audience)
        lifetime = self.lifetimes.managed_identity if lifetime is None else lifetime
        claims, header = self._claims(lifetime), {"typ": "JWT", "alg": "RS256"}
        header["kid"] = self._key.kid
        if registered:
            claims |= version_2(principal, registered, self.tenant_id)
        else:
            claims |= {"aud": audience, "iss": self.name, "ver": "1.0"}
            claims |= {"oid": principal.principal_id} | version_1(principal, self.name, host_id)
            header["x5t"] = self._key.kid
        text = jwt.encode(header, claims, self._key.key)
        roles = tuple(claims.get("roles", ()))
        return AccessToken(text, claims["uti"], audience, claims["nbf"], claims["exp"], roles=roles)

    def copy(self, token: AccessToken) -> AccessToken:
        """Return a token with the claims and times of `token`, under an id of its own."""
        read = jwt.decode(token.text, self._key.key, algorithms=["RS256"])
        claims = {**read.claims, **_unique()}
        text = jwt.encode(read.header, claims, self._key.key)
        return replace(token, text=text, id=claims["uti"])

    def _registered(self, resource: str) -> Registration | None:
        found = self.registration
        return found if found is not None and found.goes_by(resource) else None

    def _claims(self, lifetime: int) -> dict[str, Any]:
        """Return the claims of every token."""
        now = int(self.clock())
        times = {"iat": now - BACKDATED, "nbf": now - BACKDATED, "exp": now + lifetime}
        return {**times, "tid": self.tenant_id, **_unique()}


def issuer_name(tenant_id: str) -> str:
    """Return the `iss` of a tenant's v1 tokens."""
    return f"https://sts.windows.net/{tenant_id}/"


def _unique() -> dict[str, Any]:
    """Return the id of a token, and the claims that only Entra can read."""
    opaque = {"aio": secrets.token_urlsafe(24), "rh": f"1.{secrets.token_urlsafe(24)}."}
    return {"uti": secrets.token_urlsafe(16), **opaque}
