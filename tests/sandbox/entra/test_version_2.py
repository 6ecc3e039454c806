"""Tokens for a registered API: version 2, with the app roles of the principal."""

from collections.abc import Callable

import pytest

from sandbox.deployment import Principal, PrincipalKind, Registration
from sandbox.entra import BLOB, Issuer
from sandbox.testing.token_factory import claims_of, header_of
from tests.sandbox.entra.forge import APP, NOW, TENANT, Tenant

API = "ca7a1060-0000-4000-8000-000000000003"
CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
OTHER = Principal("other", PrincipalKind.USER_ASSIGNED, "44444444-0000-4000-8000-000000000000", "")
USER = Principal("ann", PrincipalKind.USER, "33333333-0000-4000-8000-000000000000", "")

Claims = Callable[..., dict[str, object]]


@pytest.fixture
def issuer(tenant: Tenant) -> Issuer:
    holders = dict.fromkeys((APP.principal_id, USER.principal_id), ("Catalog.Read",))
    registration = Registration(API, (f"api://{API}",), holders, "access_as_user", (CLI,))
    return Issuer(tenant.key, TENANT, lambda: tenant.now, registration)


@pytest.mark.parametrize("resource", [API, f"api://{API}"])
def test_its_audience_is_the_app_id_however_it_was_asked_for(issuer: Issuer, resource: str) -> None:
    assert issuer.knows(resource)
    claims = claims_of(issuer.issue(APP, resource).text)
    assert (claims["aud"], claims["tid"], claims["ver"]) == (API, TENANT, "2.0")
    assert claims["iss"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert (claims["exp"], claims["nbf"]) == (NOW + 24 * 60 * 60, NOW - 300)


def test_a_managed_identity_that_holds_the_role_has_it_in_its_token(issuer: Issuer) -> None:
    token = issuer.issue(APP, API)
    claims = claims_of(token.text)
    assert claims["roles"] == ["Catalog.Read"]
    assert token.roles == ("Catalog.Read",)
    assert claims["oid"] == claims["sub"] == APP.principal_id
    assert (claims["azp"], claims["azpacr"]) == (APP.client_id, "2")
    assert not {"appid", "appidacr", "idtyp", "scp"} & set(claims)


def test_a_principal_without_a_role_gets_a_token_without_roles(issuer: Issuer) -> None:
    token = issuer.issue(OTHER, API)
    assert "roles" not in claims_of(token.text)
    assert token.roles == ()


def test_a_user_comes_by_the_azure_cli_with_its_scope_and_their_role(issuer: Issuer) -> None:
    claims = claims_of(issuer.issue(USER, API).text)
    assert (claims["azp"], claims["azpacr"], claims["scp"]) == (CLI, "0", "access_as_user")
    assert claims["roles"] == ["Catalog.Read"]
    assert claims["oid"] == USER.principal_id
    assert claims["sub"] != USER.principal_id


def test_the_header_names_the_key_once_as_version_2_does(issuer: Issuer, tenant: Tenant) -> None:
    assert header_of(issuer.issue(APP, API).text) == {
        "typ": "JWT",
        "alg": "RS256",
        "kid": tenant.key.kid,
    }


def test_azures_own_services_still_get_version_1_without_roles(issuer: Issuer) -> None:
    claims = claims_of(issuer.issue(APP, BLOB).text)
    assert (claims["aud"], claims["ver"]) == (BLOB, "1.0")
    assert "roles" not in claims


def test_an_unregistered_api_is_unknown(tenant: Tenant, issuer: Issuer) -> None:
    assert not tenant.issuer.knows(API)
    assert not issuer.knows(f"api://{API}/")
    assert not issuer.knows("api://00000000-0000-4000-8000-000000000000")
