"""Proof of identity: a token of this tenant's Entra for Storage, and nothing else."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import (
    ContainerSasPermissions,
    generate_container_sas,
)
from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.entra import BUS, VAULT
from tests.sandbox.storage.harness import Answer, Static, Storage

Forge = Callable[[Storage], str]


def read_with(storage: Storage, authorization: str | None, **headers: str) -> Answer:
    given = {"Authorization": authorization} if authorization is not None else {}
    return storage.send("GET", "/thumbnails/probe", headers=given | headers)


@pytest.fixture(autouse=True)
def probe(storage: Storage) -> None:
    """There is something to read, so that a refusal is about the token."""
    headers = {"x-ms-blob-type": "BlockBlob"}
    assert storage.send("PUT", "/thumbnails/probe", "owner", headers, b"seen").status == 201


def challenge(storage: Storage) -> str:
    tenant = storage.deployment.tenant_id
    return (
        f"Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize "
        "resource_id=https://storage.azure.com"
    )


@pytest.mark.parametrize(
    "audience",
    [
        "https://storage.azure.com",
        "https://storage.azure.com/",
        "e406a681-f3d4-42a8-90b6-c2b029497af1",
        "https://{host}",
        "https://{host}/",
    ],
)
def test_a_token_for_storage_or_for_this_account_is_good(storage: Storage, audience: str) -> None:
    token = storage.token("gateway", audience.format(host=storage.host))
    assert read_with(storage, f"Bearer {token}").body == b"seen"
    assert read_with(storage, f"bearer {token}").body == b"seen"


def claims_of(storage: Storage, **changes: Any) -> dict[str, Any]:
    payload = storage.token("gateway").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return {key: value for key, value in (claims | changes).items() if value is not None}


def signed(storage: Storage, claims: Mapping[str, Any], **header: Any) -> str:
    key = storage.signing
    return jwt.encode(
        {"alg": "RS256", "typ": "JWT", "kid": key.kid} | header, dict(claims), key.key
    )


def unsigned(storage: Storage) -> str:
    _, payload, _ = storage.token("gateway").split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{none}.{payload}."


def by_another_key(storage: Storage) -> str:
    other = RSAKey.generate_key(2048)
    kid = storage.signing.kid
    return jwt.encode({"alg": "RS256", "kid": kid}, claims_of(storage), other)


def with_the_public_key_as_secret(storage: Storage) -> str:
    public = storage.signing.key.as_pem(private=False)
    header = in_base64({"alg": "HS256", "kid": storage.signing.kid})
    text = f"{header}.{in_base64(claims_of(storage))}"
    signature = hmac.digest(public, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def in_base64(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def altered(storage: Storage) -> str:
    header, _, signature = storage.token("gateway").split(".")
    principal = storage.principals["owner"].principal_id
    return f"{header}.{in_base64(claims_of(storage, oid=principal))}.{signature}"


SIGNATURE = "Signature validation failed. Signature did not match."
ISSUER = "Issuer validation failed. Issuer did not match."
AUDIENCE = "Audience validation failed. Audience did not match."
MALFORMED = "The access token was missing or malformed."
NOW = int(time.time())
BAD_TOKENS: dict[str, tuple[Forge, str]] = {
    "unsigned": (unsigned, MALFORMED),
    "signed by another key": (by_another_key, SIGNATURE),
    "signed with the public key as a secret": (with_the_public_key_as_secret, SIGNATURE),
    "altered": (altered, SIGNATURE),
    "of an unknown key": (lambda it: signed(it, claims_of(it), kid="other"), SIGNATURE),
    "for the vault": (lambda it: it.token("gateway", VAULT), AUDIENCE),
    "for the bus": (lambda it: it.token("gateway", BUS), AUDIENCE),
    "for another account": (
        lambda it: it.token("gateway", "https://other.blob.core.windows.net"),
        AUDIENCE,
    ),
    "for several": (
        lambda it: signed(it, claims_of(it, aud=["https://storage.azure.com", VAULT])),
        AUDIENCE,
    ),
    "of another issuer": (
        lambda it: signed(it, claims_of(it, iss="https://sts.windows.net/other/")),
        ISSUER,
    ),
    "of the v2 issuer": (
        lambda it: signed(
            it,
            claims_of(it, iss=f"https://login.microsoftonline.com/{it.deployment.tenant_id}/v2.0"),
        ),
        ISSUER,
    ),
    "of another tenant": (lambda it: signed(it, claims_of(it, tid="other")), ISSUER),
    "expired": (
        lambda it: it.token("gateway", lifetime=-1),
        "Lifetime validation failed. The token is expired.",
    ),
    "from the future": (
        lambda it: signed(it, claims_of(it, nbf=NOW + 3600)),
        "Lifetime validation failed. The token is not yet valid.",
    ),
    "without an end": (lambda it: signed(it, claims_of(it, exp=None)), MALFORMED),
    "without a principal": (lambda it: signed(it, claims_of(it, oid=None)), MALFORMED),
    "twice": (lambda it: f"{it.token('gateway')} {it.token('gateway')}", MALFORMED),
    "no token": (lambda it: "secret", MALFORMED),
    "empty": (lambda it: "", MALFORMED),
}


@pytest.mark.parametrize(("forge", "detail"), BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_token_is_answered_as_azure_answers_it(
    storage: Storage, forge: Forge, detail: str
) -> None:
    answer = read_with(storage, f"Bearer {forge(storage)}")
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationInfo")
    assert answer.headers["WWW-Authenticate"] == challenge(storage)
    assert f"<AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail>" in answer.text
    record = storage.audited()[-1]
    assert (record.outcome, record.identity) == ("refused", "")
    assert read_with(storage, f"Bearer {storage.token('gateway')}").status == 200


def test_a_request_without_a_token_gets_the_place_to_get_one(storage: Storage) -> None:
    answer = read_with(storage, None)
    assert (answer.status, answer.code) == (401, "NoAuthenticationInformation")
    assert answer.headers["WWW-Authenticate"] == challenge(storage)


def test_an_old_client_without_a_token_hears_that_nothing_is_public(storage: Storage) -> None:
    answer = read_with(storage, None, **{"x-ms-version": "2018-11-09"})
    assert (answer.status, answer.code) == (409, "PublicAccessNotPermitted")


@pytest.mark.parametrize("version", ["2017-07-29", ""])
def test_storage_takes_tokens_only_in_versions_that_know_them(
    storage: Storage, version: str
) -> None:
    token = f"Bearer {storage.token('gateway')}"
    answer = read_with(storage, token, **{"x-ms-version": version})
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


@pytest.mark.parametrize("scheme", ["SharedKey", "SharedKeyLite", "sharedkey"])
def test_the_accounts_key_is_off(storage: Storage, scheme: str) -> None:
    answer = read_with(storage, f"{scheme} {storage.deployment.storage.name}:c2lnbmF0dXJl")
    assert (answer.status, answer.code) == (403, "KeyBasedAuthenticationNotPermitted")


def test_not_even_the_key_of_azurite_itself_opens_the_gateway(storage: Storage) -> None:
    client = storage.sdk_with(
        {"account_name": storage.azurite.account, "account_key": storage.azurite.key}
    )
    with pytest.raises(HttpResponseError) as raised:
        client.get_blob_client("thumbnails", "probe").download_blob()
    assert raised.value.status_code == 403
    assert "KeyBasedAuthenticationNotPermitted" in str(raised.value)


def test_a_signature_made_with_the_key_is_off_too(storage: Storage) -> None:
    signature = generate_container_sas(
        storage.azurite.account,
        "thumbnails",
        account_key=storage.azurite.key,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=NOW_PLUS_AN_HOUR,
    )
    for who in (None, "gateway"):
        answer = storage.send("GET", f"/thumbnails/probe?{signature}", who)
        assert (answer.status, answer.code) == (403, "KeyBasedAuthenticationNotPermitted")


NOW_PLUS_AN_HOUR = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW + 3600))


@pytest.mark.parametrize("parameters", ["sig=x&skoid=y&sv=2024-11-04", "SKOID=y&Sig=x"])
def test_half_a_users_signature_proves_nothing(storage: Storage, parameters: str) -> None:
    answer = storage.send("GET", f"/thumbnails/probe?{parameters}")
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")
    assert "is mandatory. Cannot be empty" in answer.text


def forged_delegation(storage: Storage) -> str:
    """Azurite derives a user's delegation key from public values alone."""
    tenant, owner = storage.deployment.tenant_id, storage.principals["owner"].principal_id
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 3600))
    key: Any = SimpleNamespace(signed_delegated_user_tid=None)
    key.signed_oid, key.signed_tid, key.signed_start = owner, tenant, start
    key.signed_expiry, key.signed_service, key.signed_version = NOW_PLUS_AN_HOUR, "b", "2024-11-04"
    text = "\n".join([owner, tenant, start, NOW_PLUS_AN_HOUR, "b", "2024-11-04"])
    seed = b"azurite-user-delegation-signing-seed-v1"
    key.value = base64.b64encode(hmac.digest(seed, text.encode(), hashlib.sha256)).decode()
    return generate_container_sas(
        storage.azurite.account,
        "thumbnails",
        user_delegation_key=key,
        permission=ContainerSasPermissions(read=True, delete=True, list=True),
        expiry=NOW_PLUS_AN_HOUR,
    )


def test_a_delegation_key_forged_with_azurites_public_seed_opens_nothing(storage: Storage) -> None:
    signature = forged_delegation(storage)
    for method in ("GET", "DELETE"):
        for who in (None, "gateway", "owner"):
            answer = storage.send(method, f"/thumbnails/probe?{signature}", who)
            assert (answer.status, answer.code) == (403, "AuthenticationFailed")
    with requests.Session() as session:
        session.trust_env = False
        address = f"http://127.0.0.1:{storage.azurite.port}/thumbnails/probe?{signature}"
        behind = session.get(address, headers={"Host": storage.host}, timeout=60)
    assert behind.status_code == 403
    assert storage.send("GET", "/thumbnails/probe", "gateway").body == b"seen"


@pytest.mark.parametrize("scheme", ["Basic eDp5", "Negotiate x", "BearerX y", "Digest"])
def test_other_schemes_prove_nothing(storage: Storage, scheme: str) -> None:
    answer = read_with(storage, scheme)
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationInfo")


def test_the_sdk_sees_an_expired_token_as_an_authentication_error(storage: Storage) -> None:
    client = storage.sdk_with(Static(storage.token("gateway", lifetime=-1)))
    with pytest.raises(ClientAuthenticationError, match="InvalidAuthenticationInfo"):
        client.get_blob_client("thumbnails", "probe").download_blob()


def test_no_token_is_in_the_audit(storage: Storage) -> None:
    token = storage.token("gateway")
    read_with(storage, f"Bearer {token}")
    read_with(storage, f"Bearer {token}x")
    storage.send("GET", f"/thumbnails/probe?sig={token}", "gateway")
    storage.send("GET", f"/thumbnails/{token[:900]}", "gateway", {token[:40]: token})
    written = storage.audit_file.read_text()
    assert token not in written
    assert token.rpartition(".")[2] not in written
    assert storage.azurite.key not in written
