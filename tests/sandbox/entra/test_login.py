"""login.microsoftonline.com: discovery, the published keys, and no grant for anybody."""

from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.entra.login import HOST, application
from tests.sandbox.entra.desk import asked as asked_of
from tests.sandbox.entra.forge import APP, TENANT, Tenant


def asked(tenant: Tenant, method: str, path: str, **options: Any) -> tuple[int, Any]:
    """The status and JSON of an answer."""
    status, found, _ = answered(tenant, method, path, **options)
    return status, found


def headers_of(tenant: Tenant, method: str, path: str) -> Mapping[str, str]:
    """The headers of an answer."""
    _, _, headers = answered(tenant, method, path)
    return headers


def answered(
    tenant: Tenant, method: str, path: str, **options: Any
) -> tuple[int, Any, Mapping[str, str]]:
    """The status, the JSON and the headers of an answer."""
    return asked_of(application(TENANT, tenant.key), method, path, **options)


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
    assert "\n" not in found["error_description"]


@pytest.mark.parametrize("path", ["oauth2/token", "oauth2/v2.0/token"])
def test_another_tenant_gives_no_token_either(tenant: Tenant, path: str) -> None:
    status, found = asked(tenant, "POST", f"/contoso.com/{path}", data={"client_id": "a"})
    assert (status, found["error"], found["error_codes"]) == (400, "invalid_request", [90002])


def test_metadata_may_be_cached_for_a_day_and_read_by_any_page(
    tenant: Tenant,
) -> None:
    for path in ("v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"):
        headers = headers_of(tenant, "GET", f"/{TENANT}/{path}")
        assert headers["Cache-Control"] == "max-age=86400, private"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["x-ms-ests-server"]


def test_a_refusal_is_found_again_by_the_id_of_its_answer(tenant: Tenant) -> None:
    status, found, headers = answered(tenant, "POST", f"/{TENANT}/oauth2/v2.0/token", data={})
    assert (status, found["trace_id"]) == (400, headers["x-ms-request-id"])
    assert f"Trace ID: {found['trace_id']} " in found["error_description"]
    assert headers["Cache-Control"] == "no-store, no-cache"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["oauth2/token", "oauth2/v2.0/token"])
def test_no_client_gets_a_token_by_a_grant(tenant: Tenant, path: str) -> None:
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


def test_a_missing_name_is_not_found(tenant: Tenant) -> None:
    for path in ("/", f"/{TENANT}", f"/{TENANT}/oauth2/authorize", f"/{TENANT}/oauth2/devicecode"):
        assert asked(tenant, "GET", path)[0] == 404
