"""login.microsoftonline.com, as far as services ask it: discovery and the published keys."""

from aiohttp import web

from sandbox.entra.issuer import issuer_name
from sandbox.entra.keys import SigningKey

HOST = "login.microsoftonline.com"


def application(tenant_id: str, key: SigningKey) -> web.Application:
    """Entra's sign-in host for one tenant."""
    login = _Login(tenant_id, key)
    application = web.Application()
    tenant = r"/{tenant:[0-9A-Za-z.-]+}"
    application.router.add_get(f"{tenant}/.well-known/openid-configuration", login.discovery)
    application.router.add_get(f"{tenant}/v2.0/.well-known/openid-configuration", login.discovery)
    application.router.add_get(f"{tenant}/discovery/keys", login.keys)
    application.router.add_get(f"{tenant}/discovery/v2.0/keys", login.keys)
    application.router.add_post(f"{tenant}/oauth2/token", login.refuse_grant)
    application.router.add_post(f"{tenant}/oauth2/v2.0/token", login.refuse_grant)
    return application


class _Login:
    def __init__(self, tenant_id: str, key: SigningKey) -> None:
        self._tenant_id = tenant_id
        self._key = key

    async def discovery(self, request: web.Request) -> web.Response:
        """https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc"""
        if not self._knows(request):
            return _unknown_tenant(request)
        version = "/v2.0" if "/v2.0/" in request.path else ""
        base = f"https://{HOST}/{self._tenant_id}"
        v1 = issuer_name(self._tenant_id)
        return web.json_response(
            {
                "issuer": f"{base}/v2.0" if version else v1,
                "authorization_endpoint": f"{base}/oauth2{version}/authorize",
                "token_endpoint": f"{base}/oauth2{version}/token",
                "jwks_uri": f"{base}/discovery{version}/keys",
                "response_types_supported": ["code", "id_token", "code id_token", "token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "scopes_supported": ["openid"],
            }
        )

    async def keys(self, request: web.Request) -> web.Response:
        """The keys that tokens are verified with. Entra's carry no `alg`."""
        issuer = f"https://{HOST}/{self._tenant_id}/v2.0"
        return web.json_response({"keys": [self._key.published(issuer)]})

    async def refuse_grant(self, request: web.Request) -> web.Response:
        """There is no client with a secret or a certificate here, so no grant can succeed."""
        if not self._knows(request):
            return _unknown_tenant(request)
        form = await request.post()
        client = str(form.get("client_id", ""))
        return _error(
            "unauthorized_client",
            f"AADSTS700016: Application with identifier '{client}' was not found in the directory "
            f"'{self._tenant_id}'.",
        )

    def _knows(self, request: web.Request) -> bool:
        return request.match_info["tenant"].lower() in {self._tenant_id, "common", "organizations"}


def _unknown_tenant(request: web.Request) -> web.Response:
    tenant = request.match_info["tenant"]
    return _error("invalid_tenant", f"AADSTS90002: Tenant '{tenant}' not found.")


def _error(code: str, description: str) -> web.Response:
    return web.json_response({"error": code, "error_description": description}, status=400)
