"""Tokens carry the claims that Entra gives a managed identity or a user."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc.jwk import ECKey

from sandbox.broken_files import BrokenFileError
from sandbox.deployment import Principal, PrincipalKind
from sandbox.entra import BLOB, VAULT, SigningKey, issued_for
from sandbox.state import State
from sandbox.testing.token_factory import claims_of, header_of
from tests.sandbox.entra.forge import APP, NOW, TENANT, Tenant

HOST = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.App/containerApps/gateway"
USER = Principal("ann", PrincipalKind.USER, "33333333-0000-4000-8000-000000000000", "")
V2_ONLY = {"azp", "azpacr", "preferred_username"}


def test_the_header_names_the_key_twice_as_version_1_does(tenant: Tenant) -> None:
    kid = tenant.key.kid
    assert header_of(tenant.token()) == {"typ": "JWT", "alg": "RS256", "kid": kid, "x5t": kid}


def test_a_managed_identity_is_an_app_that_showed_a_certificate(tenant: Tenant) -> None:
    claims = claims_of(tenant.issuer.issue(APP, VAULT, host_id=HOST).text)
    assert claims["iss"] == claims["idp"] == f"https://sts.windows.net/{TENANT}/"
    assert (claims["aud"], claims["tid"], claims["ver"]) == (VAULT, TENANT, "1.0")
    assert claims["oid"] == claims["sub"] == APP.principal_id
    assert (claims["appid"], claims["appidacr"], claims["idtyp"]) == (APP.client_id, "2", "app")
    assert claims["uti"]
    assert not V2_ONLY & set(claims)
    assert "scp" not in claims


def test_a_user_assigned_identity_names_itself_and_its_host(tenant: Tenant) -> None:
    claims = claims_of(tenant.issuer.issue(APP, VAULT, host_id=HOST).text)
    assert claims["xms_mirid"] == APP.resource_id.replace("resourceGroups", "resourcegroups")
    assert claims["xms_az_rid"] == HOST.replace("resourceGroups", "resourcegroups")


def test_a_system_assigned_identity_names_its_host_alone(tenant: Tenant) -> None:
    system = replace(APP, kind=PrincipalKind.SYSTEM_ASSIGNED, resource_id=HOST)
    claims = claims_of(tenant.issuer.issue(system, VAULT, host_id=HOST).text)
    assert claims["xms_mirid"] == HOST.replace("resourceGroups", "resourcegroups")
    assert "xms_az_rid" not in claims


def test_a_user_came_by_the_azure_cli_and_has_another_subject(tenant: Tenant) -> None:
    claims = claims_of(tenant.issuer.issue(USER, VAULT).text)
    assert claims["appid"] == "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    assert (claims["appidacr"], claims["scp"]) == ("0", "user_impersonation")
    assert claims["oid"] == USER.principal_id
    assert claims["sub"] != USER.principal_id
    assert "xms_mirid" not in claims


def test_a_token_is_dated_back_five_minutes_and_lives_for_a_day(tenant: Tenant) -> None:
    token = tenant.issuer.issue(APP, VAULT)
    claims = claims_of(token.text)
    assert claims["iat"] == claims["nbf"] == token.not_before == NOW - 300
    assert claims["exp"] == token.expires_on == NOW + 24 * 60 * 60
    assert claims["exp"] - claims["iat"] == 86_700


def test_no_two_tokens_are_the_same(tenant: Tenant) -> None:
    ids = {tenant.issuer.issue(APP, VAULT).id for _ in range(10)}
    assert len(ids) == 10


def test_a_token_shows_its_id_and_never_its_text(tenant: Tenant) -> None:
    token = tenant.issuer.issue(APP, VAULT)
    for shown in (repr(token), str(token), f"{token}"):
        assert token.id in shown
        assert token.text not in shown
        assert "eyJ" not in shown


@pytest.mark.parametrize(
    "resource", [VAULT, f"{VAULT}/", BLOB, "https://a1.blob.core.windows.net/"]
)
def test_entra_issues_for_the_services_there_are(resource: str) -> None:
    assert issued_for(resource)


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "/",
        "vault.azure.net",
        "https://vault.azure.net.example.com",
        "http://vault.azure.net",
        "https://a.b.blob.core.windows.net",
        "https://.blob.core.windows.net",
        "HTTPS://VAULT",
    ],
)
def test_entra_issues_for_no_other(resource: str) -> None:
    assert not issued_for(resource)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


def test_the_key_is_made_once_and_is_private(state: State) -> None:
    first, again = SigningKey.kept_in(state), SigningKey.kept_in(state)
    assert first.kid == again.kid
    assert state.path("entra-signing-key.pem").stat().st_mode & 0o777 == 0o600


def with_another_modulus(key: SigningKey) -> bytes:
    """Return the PEM of a key whose tokens no key verifies: one bit of its modulus differs."""
    private = key.key.raw_value
    assert isinstance(private, RSAPrivateKey)
    modulus = private.private_numbers().public_numbers.n
    size = private.key_size // 8
    other = (modulus ^ (1 << 900)).to_bytes(size, "big")
    harmed = key.key.as_der(private=True).replace(modulus.to_bytes(size, "big"), other)
    label, text = "PRIVATE KEY", base64.encodebytes(harmed).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


def test_a_key_whose_numbers_do_not_fit_is_named_as_broken(key: SigningKey, state: State) -> None:
    state.write("entra-signing-key.pem", with_another_modulus(key))
    with pytest.raises(BrokenFileError, match=r"entra-signing-key\.pem"):
        SigningKey.kept_in(state)


def test_a_key_of_another_kind_is_named_as_broken(state: State) -> None:
    state.write("entra-signing-key.pem", ECKey.generate_key("P-256").as_pem(private=True))
    with pytest.raises(BrokenFileError, match=r"entra-signing-key\.pem"):
        SigningKey.kept_in(state)


def test_a_key_shows_nothing_of_itself(key: SigningKey) -> None:
    private = key.key.as_dict(private=True)
    for name in ("d", "p", "q"):
        assert str(private[name]) not in repr(key)


def test_a_managed_identitys_token_lasts_a_day_and_is_dated_back(tenant: Tenant) -> None:
    claims = claims_of(tenant.issuer.issue(APP, VAULT).text)
    assert claims["exp"] - claims["iat"] == 86700
    assert claims["iat"] == claims["nbf"]
