"""The metadata of Entra: its names in each cloud, and a tenant's endpoints.

Azure/azure-sdk-for-js, sdk/digitaltwins/digital-twins-core/recordings (2022-03); the configuration
of version 1 is reported. https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

import re
from collections.abc import Mapping
from typing import Any

HOST = "login.microsoftonline.com"
_OF_A_TENANT = re.compile(rf"https://{re.escape(HOST)}/(?P<tenant>[0-9A-Za-z.-]+)/")

# The names of each cloud. MSAL keeps a sign-in under one of them, and finds it again under any.
_CLOUDS = (
    (HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ("login.microsoftonline.de",),
    ("login.microsoftonline.us", "login.usgovcloudapi.net"),
    ("login-us.microsoftonline.com",),
)
_CACHES = {HOST: "login.windows.net"}
_SCOPES = {"": ["openid"], "/v2.0": ["openid", "profile", "email", "offline_access"]}
_RESPONSES = {
    "": ["code", "id_token", "code id_token", "token id_token", "token"],
    "/v2.0": ["code", "id_token", "code id_token", "id_token token"],
}
_CLAIMS = "sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name"
_MORE_CLAIMS = {
    "": "aud exp iat auth_time acr amr nonce email given_name family_name nickname",
    "/v2.0": (
        "msgraph_host aud exp iat auth_time acr nonce preferred_username name tid ver at_hash "
        "c_hash email"
    ),
}

Json = Mapping[str, Any]


def instance(authorization_endpoint: str) -> Json | None:
    """Return the metadata of the cloud that an authorization endpoint is of.

    None if it is none of Entra's: MSAL asks before it trusts a name that it does not know.
    """
    asked = _OF_A_TENANT.match(authorization_endpoint)
    if asked is None:
        return None
    base = f"https://{HOST}/{asked['tenant']}"
    return {
        "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {
                "preferred_network": names[0],
                "preferred_cache": _CACHES.get(names[0], names[0]),
                "aliases": list(names),
            }
            for names in _CLOUDS
        ],
    }


def discovery(tenant: str, version: str, issuer: str, authorization_endpoint: str) -> Json:
    """Return the OpenID configuration of a tenant; `version` is empty, or /v2.0.

    `authorization_endpoint` is where a browser is sent: it must not end up at the real Entra.
    """
    base = f"https://{HOST}/{tenant}"
    return {
        "issuer": issuer,
        "authorization_endpoint": authorization_endpoint or f"{base}/oauth2{version}/authorize",
        "token_endpoint": f"{base}/oauth2{version}/token",
        "device_authorization_endpoint": f"{base}/oauth2{version}/devicecode",
        "end_session_endpoint": f"{base}/oauth2{version}/logout",
        "jwks_uri": f"{base}/discovery{version}/keys",
        "response_types_supported": _RESPONSES[version],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "private_key_jwt",
            "client_secret_basic",
        ],
        "scopes_supported": _SCOPES[version],
        "claims_supported": f"{_CLAIMS} {_MORE_CLAIMS[version]}".split(),
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "WW",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
        **_of_version(version, base),
    }


def _of_version(version: str, base: str) -> Json:
    """Return the entries that only one of the two documents has."""
    if version:
        return {
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        }
    return {
        "check_session_iframe": f"{base}/oauth2/checksession",
        "microsoft_multi_refresh_token": True,
        "userinfo_endpoint": f"{base}/openid/userinfo",
    }
