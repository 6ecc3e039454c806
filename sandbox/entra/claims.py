"""The claims of a token about its principal, in both of Entra's versions.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

import uuid
from typing import Any

from sandbox.deployment import Principal, PrincipalKind, Registration

# The Azure CLI's client id, which is also azd's.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def user_name(name: str) -> str:
    """Return the account name that the user called `name` signs in with."""
    return f"{name}@keyless.example"


def pairwise(principal: Principal, client_id: str) -> str:
    """Return a user's `sub`: another application sees another subject for the same user."""
    return str(uuid.uuid5(uuid.UUID(client_id), principal.principal_id))


def version_1(principal: Principal, issuer: str, host_id: str) -> dict[str, Any]:
    """Return the claims for one of Azure's own services.

    `host_id` is the resource that a user-assigned identity is used on.
    """
    if principal.kind is PrincipalKind.USER:
        return _user(principal)
    claims = _managed_identity(principal) | {"idp": issuer}
    if principal.kind is PrincipalKind.USER_ASSIGNED and host_id:
        claims["xms_az_rid"] = _as_claimed(host_id)
    return claims


def version_2(principal: Principal, api: Registration, tenant_id: str) -> dict[str, Any]:
    """Return the claims for a registered API: `aud` is its app id, whatever name was requested."""
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
        return claims | _user_of_an_api(principal, api)
    # A managed identity proves itself by certificate.
    return claims | {"azp": principal.client_id, "azpacr": "2", "sub": principal.principal_id}


def _user_of_an_api(principal: Principal, api: Registration) -> dict[str, Any]:
    return {
        "azp": AZURE_CLI,
        "azpacr": "0",
        "name": principal.name,
        "preferred_username": user_name(principal.name),
        "scp": api.scope,
        "sub": pairwise(principal, api.app_id),
    }


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


def _as_claimed(resource_id: str) -> str:
    return resource_id.replace("/resourceGroups/", "/resourcegroups/")
