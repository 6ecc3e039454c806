"""The claims of a version 2 token, which a registered API takes: who, for whom, with which roles.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from typing import Any

from sandbox.deployment import Principal, PrincipalKind, Registration
from sandbox.entra.users import AZURE_CLI, pairwise, user_name


def version_2(principal: Principal, api: Registration, tenant_id: str) -> dict[str, Any]:
    """What Entra says of `principal` to `api`: `aud` is its app id, however it was asked for."""
    claims: dict[str, Any] = {
        "aud": api.app_id,
        "iss": f"https://login.microsoftonline.com/{tenant_id}/v2.0",
        "oid": principal.principal_id,
        "ver": "2.0",
    }
    roles = api.roles.get(principal.principal_id, ())
    if roles:
        claims["roles"] = list(roles)
    if principal.kind is PrincipalKind.USER:
        return claims | _user(principal, api)
    # A managed identity proves itself by certificate.
    return claims | {"azp": principal.client_id, "azpacr": "2", "sub": principal.principal_id}


def _user(principal: Principal, api: Registration) -> dict[str, Any]:
    return {
        "azp": AZURE_CLI,
        "azpacr": "0",
        "name": principal.name,
        "preferred_username": user_name(principal.name),
        "scp": api.scope,
        "sub": pairwise(principal, api.app_id),
    }
