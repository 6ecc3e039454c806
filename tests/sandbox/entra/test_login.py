"""login.microsoftonline.com: discovery, the published keys, and no grant for anybody."""

import asyncio
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.entra.login import HOST, application
from tests.sandbox.entra.forge import APP, TENANT, Tenant


def asked(tenant: Tenant, method: str, path: str, **options: Any) -> tuple[int, Any]:
    """The status and JSON of an answer."""

    async def ask() -> tuple[int, Any]:
        server = TestServer(application(TENANT, tenant.key))
        async with TestClient(server) as client, client.request(method, path, **options) as reply:
            text = reply.content_type == "application/json"
            return reply.status, await reply.json() if text else await reply.text()

    return asyncio.run(ask())


def test_version_1_discovery_names_the_issuer_of_the_tokens(tenant: Tenant) -> None:
    status, found = asked(tenant, "GET", f"/{TENANT}/.well-known/openid-configuration")
    assert status == 200
    assert found["issuer"] == f"https://sts.windows.net/{TENANT}/"
    assert found["jwks_uri"] == f"https://{HOST}/{TENANT}/discovery/keys"
    assert found["token_endpoint"] == f"https://{HOST}/{TENANT}/oauth2/token"


def test_version_2_discovery_names_its_own(tenant: Tenant) -> None:
    _, found = asked(tenant, "GET", f"/{TENANT}/v2.0/.well-known/openid-configuration")
    base = f"https://{HOST}/{TENANT}"
    assert found["issuer"] == f"{base}/v2.0"
    assert found["jwks_uri"] == f"{base}/discovery/v2.0/keys"
    assert found["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert found["authorization_endpoint"] == f"{base}/oauth2/v2.0/authorize"
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]


@pytest.mark.parametrize("path", ["discovery/keys", "discovery/v2.0/keys"])
@pytest.mark.parametrize("who", [TENANT, "common"])
def test_the_keys_are_published_as_entra_does(tenant: Tenant, path: str, who: str) -> None:
    _, found = asked(tenant, "GET", f"/{who}/{path}")
    [key] = found["keys"]
    assert set(key) == {"kty", "use", "kid", "x5t", "n", "e", "issuer"}
    assert (key["kty"], key["use"]) == ("RSA", "sig")
    assert key["kid"] == key["x5t"] == tenant.key.kid


def test_a_token_is_verified_with_the_published_keys(tenant: Tenant) -> None:
    _, found = asked(tenant, "GET", f"/{TENANT}/discovery/v2.0/keys")
    keys = KeySet.import_key_set(found)
    assert jwt.decode(tenant.token(), keys, ["RS256"]).claims["oid"] == APP.principal_id


@pytest.mark.parametrize("version", ["", "v2.0/"])
def test_another_tenant_is_not_found(tenant: Tenant, version: str) -> None:
    path = f"/contoso.com/{version}.well-known/openid-configuration"
    status, found = asked(tenant, "GET", path)
    assert (status, found["error"]) == (400, "invalid_tenant")
    assert found["error_description"].startswith("AADSTS90002: Tenant 'contoso.com' not found.")


@pytest.mark.parametrize("path", ["oauth2/token", "oauth2/v2.0/token"])
def test_nobody_gets_a_token_by_a_grant(tenant: Tenant, path: str) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": APP.client_id,
        "client_secret": "not-one",
        "scope": "https://vault.azure.net/.default",
    }
    status, found = asked(tenant, "POST", f"/{TENANT}/{path}", data=form)
    assert (status, found["error"]) == (400, "unauthorized_client")
    assert found["error_description"].startswith("AADSTS700016: ")
    assert APP.client_id in found["error_description"]
    assert "not-one" not in str(found)
    assert "access_token" not in found


def test_what_is_not_there_is_not_found(tenant: Tenant) -> None:
    for path in ("/", f"/{TENANT}", f"/{TENANT}/oauth2/authorize", f"/{TENANT}/oauth2/devicecode"):
        assert asked(tenant, "GET", path)[0] == 404
