"""Issues access tokens with the claims that Entra gives a managed identity or a user.

Whose API the token is for decides on its version: Azure's own take 1, a registration says which.
https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from sandbox.deployment import Principal, PrincipalKind, Registration
from sandbox.entra.audiences import issued_for
from sandbox.entra.keys import SigningKey
from sandbox.entra.users import AZURE_CLI, pairwise, user_name
from sandbox.entra.version_2 import version_2

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
    """Entra's token service for one tenant. `registration` may be exchanged."""

    def __init__(
        self,
        key: SigningKey,
        tenant_id: str,
        clock: Callable[[], float] = time.time,
        registration: Registration | None = None,
    ) -> None:
        self.registration = registration
        self._key = key
        self._clock = clock
        self.tenant_id = tenant_id
        self.name = issuer_name(tenant_id)

    def knows(self, resource: str) -> bool:
        """Whether there are tokens for `resource`: Azure's own services, and the registered API."""
        return issued_for(resource) or self._registered(resource) is not None

    def issue(
        self,
        principal: Principal,
        audience: str,
        host_id: str = "",
        lifetime: int = LIFETIME,
    ) -> AccessToken:
        """A token for `principal` to show to `audience`, valid for `lifetime` seconds.

        `host_id` is the resource that a user-assigned identity is used on. For the registered API
        it carries the app roles of a principal that holds one; one that holds none gets it, too:
        https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
        """
        registered = self._registered(audience)
        claims, header = self._claims(lifetime), {"typ": "JWT", "alg": "RS256"}
        header["kid"] = self._key.kid
        if registered:
            claims |= version_2(principal, registered, self.tenant_id)
        else:
            claims |= {"aud": audience, "iss": self.name, "ver": "1.0"}
            claims |= {"oid": principal.principal_id} | self._who(principal, host_id)
            header["x5t"] = self._key.kid
        text = jwt.encode(header, claims, self._key.key)
        roles = tuple(claims.get("roles", ()))
        return AccessToken(text, claims["uti"], audience, claims["nbf"], claims["exp"], roles=roles)

    def _registered(self, resource: str) -> Registration | None:
        found = self.registration
        return found if found is not None and found.goes_by(resource) else None

    def _claims(self, lifetime: int) -> dict[str, Any]:
        """Those of every token."""
        now = int(self._clock())
        times = {"iat": now - BACKDATED, "nbf": now - BACKDATED, "exp": now + lifetime}
        return {**times, "tid": self.tenant_id, "uti": secrets.token_urlsafe(16), **_opaque()}

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
    """Return its claims, as in a token for management.azure.com: idtyp among them.

    Azure/azure-sdk-assets (c5d99156, 2022-01), azure-identity for Python: test_imds_credential
    """
    return {
        "appid": principal.client_id,
        "appidacr": "2",  # managed identities prove themselves by certificate
        "idtyp": "app",
        "sub": principal.principal_id,
        "xms_mirid": _as_claimed(principal.resource_id),
    }


def _user(principal: Principal) -> dict[str, Any]:
    return {
        "appid": AZURE_CLI,
        "appidacr": "0",
        "acr": "1",
        "amr": ["pwd", "mfa"],
        "idtyp": "user",
        "name": principal.name,
        "scp": "user_impersonation",
        "sub": pairwise(principal, AZURE_CLI),
        "unique_name": user_name(principal.name),
        "upn": user_name(principal.name),
    }


def _opaque() -> dict[str, Any]:
    return {"aio": secrets.token_urlsafe(24), "rh": f"1.{secrets.token_urlsafe(24)}."}


def _as_claimed(resource_id: str) -> str:
    return resource_id.replace("/resourceGroups/", "/resourcegroups/")
