"""Each reason to refuse a token, by a token that an attacker would make."""

import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe, jws

from sandbox.entra import (
    BLOB,
    BUS,
    BUS_AUDIENCES,
    MANAGEMENT,
    VAULT,
    Issuer,
    Reason,
    SigningKey,
    TokenRefused,
    Verifier,
    bearer_token,
    blob_audiences,
    scheme_and_token,
    verifier,
)
from sandbox.testing.token_factory import base64url, claims_of, decoded, encoded, header_of
from tests.sandbox.entra.forge import APP, NOW, TENANT, Tenant, sign

GENUINE = jws.deserialize_compact
Forge = Callable[[Tenant], str]
OTHER_TENANT = "00000000-0000-4000-8000-000000000099"
V2 = f"https://login.microsoftonline.com/{TENANT}/v2.0"


def refused(tenant: Tenant, token: str, audiences: frozenset[str] | None = None) -> TokenRefused:
    looking = tenant.verifier(audiences) if audiences else tenant.verifier()
    with pytest.raises(TokenRefused) as caught:
        looking.verify(token)
    return caught.value


def with_header(tenant: Tenant, *without: str, **instead: Any) -> str:
    """A real token under another header; its signature is the old one."""
    _, payload, signature = tenant.token().split(".")
    header = header_of(tenant.token()) | instead
    kept = {name: value for name, value in header.items() if name not in without}
    return f"{encoded(kept)}.{payload}.{signature}"


def without_algorithm(tenant: Tenant, name: str, signature: str) -> str:
    header = header_of(tenant.token()) | {"alg": name}
    return f"{encoded(header)}.{tenant.token().split('.')[1]}.{signature}"


def with_the_public_key_as_secret(tenant: Tenant) -> str:
    header = encoded(header_of(tenant.token()) | {"alg": "HS256"})
    signed = f"{header}.{tenant.token().split('.')[1]}"
    secret = tenant.key.key.as_pem(private=False)
    return f"{signed}.{base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"


def encrypted(tenant: Tenant) -> str:
    header = {"alg": "RSA-OAEP", "enc": "A256GCM", "kid": tenant.key.kid}
    return jwe.encrypt_compact(header, json.dumps(claims_of(tenant.token())), tenant.key.key)


def as_json(tenant: Tenant) -> str:
    header, payload, signature = tenant.token().split(".")
    return json.dumps({"protected": header, "payload": payload, "signature": signature})


def spelt_otherwise(tenant: Tenant) -> str:
    """The last character of a signature has bits that stand for nothing: set one of them."""
    token = tenant.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet[alphabet.index(token[-1]) ^ 1]
    assert decoded((token[:-1] + last).split(".")[2]) == decoded(token.split(".")[2])
    return token[:-1] + last


def with_payload(tenant: Tenant, **claims: Any) -> str:
    header, payload, signature = tenant.token().split(".")
    changed = json.loads(decoded(payload)) | claims
    return f"{header}.{encoded(changed)}.{signature}"


def signed_text(tenant: Tenant, content: bytes) -> str:
    return sign(tenant.key, {"alg": "RS256", "kid": tenant.key.kid}, content)


ATTACKS: dict[str, tuple[Reason, Forge]] = {
    "nothing": (Reason.MALFORMED, lambda _: ""),
    "a word": (Reason.MALFORMED, lambda _: "token"),
    "two parts": (Reason.MALFORMED, lambda t: t.token().rpartition(".")[0]),
    "no signature": (Reason.MALFORMED, lambda t: t.token().rpartition(".")[0] + "."),
    "four parts": (Reason.MALFORMED, lambda t: f"{t.token()}.AAAA"),
    "two tokens": (Reason.MALFORMED, lambda t: f"{t.token()} {t.token()}"),
    "two tokens and a comma": (Reason.MALFORMED, lambda t: f"{t.token()},{t.token()}"),
    "a line break behind it": (Reason.MALFORMED, lambda t: f"{t.token()}\n"),
    "a space before it": (Reason.MALFORMED, lambda t: f" {t.token()}"),
    "padding": (Reason.MALFORMED, lambda t: f"{t.token()}="),
    "other base64": (Reason.MALFORMED, lambda t: f"{t.token()[:-2]}+/"),
    "a length that no base64 has": (Reason.MALFORMED, lambda t: f"A.{t.token().partition('.')[2]}"),
    "a signature of a length that none has": (Reason.SIGNATURE, lambda t: f"{t.token()}A"),
    "the signature spelt otherwise": (Reason.SIGNATURE, spelt_otherwise),
    "a megabyte": (Reason.MALFORMED, lambda t: t.token() + "A" * 1024 * 1024),
    "a megabyte of header": (Reason.MALFORMED, lambda t: "A" * 1024 * 1024 + t.token()),
    "a header that is no JSON": (Reason.MALFORMED, lambda _: f"{base64url(b'{')}.AAAA.AAAA"),
    "a header that is a list": (Reason.MALFORMED, lambda _: f"{encoded(['RS256'])}.AAAA.AAAA"),
    "a header without end": (Reason.MALFORMED, lambda _: f"{base64url(b'[' * 9000)}.AAAA.AAAA"),
    "letters from elsewhere": (Reason.MALFORMED, lambda t: t.token().replace("e", "\u0435")),
    "half a character": (Reason.MALFORMED, lambda t: f"\ud800{t.token()}"),
    "a JWE": (Reason.MALFORMED, encrypted),
    "JSON form": (Reason.MALFORMED, as_json),
    "alg none": (Reason.MALFORMED, lambda t: without_algorithm(t, "none", "")),
    "alg none with a signature": (
        Reason.ALGORITHM,
        lambda t: without_algorithm(t, "none", t.token().split(".")[2]),
    ),
    "alg None": (Reason.ALGORITHM, lambda t: without_algorithm(t, "nOnE", "AAAA")),
    "no alg": (Reason.ALGORITHM, lambda t: with_header(t, "alg")),
    "alg RS512": (Reason.ALGORITHM, lambda t: with_header(t, alg="RS512")),
    "alg rs256": (Reason.ALGORITHM, lambda t: with_header(t, alg="rs256")),
    "a list of algs": (Reason.ALGORITHM, lambda t: with_header(t, alg=["RS256"])),
    "HS256 with the public key": (Reason.ALGORITHM, with_the_public_key_as_secret),
    "no kid": (Reason.UNKNOWN_KEY, lambda t: with_header(t, "kid")),
    "an unknown kid": (Reason.UNKNOWN_KEY, lambda t: with_header(t, kid="0" * 43)),
    "kid null": (Reason.UNKNOWN_KEY, lambda t: with_header(t, kid=None)),
    "a path as kid": (Reason.UNKNOWN_KEY, lambda t: with_header(t, kid="../../dev/null")),
    "another oid": (Reason.SIGNATURE, lambda t: with_payload(t, oid="somebody")),
    "a later exp": (Reason.SIGNATURE, lambda t: with_payload(t, exp=NOW * 2)),
    "a changed header": (Reason.SIGNATURE, lambda t: with_header(t, typ="jwt")),
    "a signature of noughts": (Reason.SIGNATURE, lambda t: f"{t.token()[:-342]}{'A' * 342}"),
    "critical things": (Reason.SIGNATURE, lambda t: with_header(t, crit=["b64"], b64=False)),
    "the tenant's v2 issuer": (Reason.ISSUER, lambda t: t.signed(iss=V2)),
    "an issuer without its slash": (
        Reason.ISSUER,
        lambda t: t.signed(iss=f"https://sts.windows.net/{TENANT}"),
    ),
    "another tenant's issuer": (
        Reason.ISSUER,
        lambda t: Issuer(t.key, OTHER_TENANT, lambda: t.now).issue(APP, VAULT).text,
    ),
    "no issuer": (Reason.ISSUER, lambda t: t.signed("iss")),
    "another tid": (Reason.TENANT, lambda t: t.signed(tid=OTHER_TENANT)),
    "no tid": (Reason.TENANT, lambda t: t.signed("tid")),
    "storage's audience": (Reason.AUDIENCE, lambda t: t.token(BLOB)),
    "the bus's audience": (Reason.AUDIENCE, lambda t: t.token(BUS)),
    "ARM's audience": (Reason.AUDIENCE, lambda t: t.token(MANAGEMENT)),
    "a slash": (Reason.AUDIENCE, lambda t: t.token(f"{VAULT}/")),
    "upper case": (Reason.AUDIENCE, lambda t: t.token(VAULT.upper())),
    "many audiences": (Reason.AUDIENCE, lambda t: t.signed(aud=[VAULT])),
    "no audience": (Reason.AUDIENCE, lambda t: t.signed("aud")),
    "expired": (Reason.EXPIRED, lambda t: t.token(lifetime=0)),
    "not yet valid": (Reason.NOT_YET_VALID, lambda t: t.signed(nbf=NOW + 1)),
    "no exp": (Reason.CLAIM, lambda t: t.signed("exp")),
    "no nbf": (Reason.CLAIM, lambda t: t.signed("nbf")),
    "no oid": (Reason.CLAIM, lambda t: t.signed("oid")),
    "an empty oid": (Reason.CLAIM, lambda t: t.signed(oid="")),
    "a list as oid": (Reason.CLAIM, lambda t: t.signed(oid=[APP.principal_id])),
    "no appid": (Reason.CLAIM, lambda t: t.signed("appid")),
    "text as exp": (Reason.CLAIM, lambda t: t.signed(exp=str(NOW + 60))),
    "true as exp": (Reason.CLAIM, lambda t: t.signed(exp=True)),
    "infinity as exp": (Reason.CLAIM, lambda t: t.signed(exp=float("inf"))),
    "no number as exp": (Reason.CLAIM, lambda t: t.signed(exp=float("nan"))),
    "a number beyond all numbers as exp": (Reason.CLAIM, lambda t: t.signed(exp=10**400)),
    "claims that are none": (Reason.MALFORMED, lambda t: signed_text(t, b"claims")),
    "claims that are a list": (Reason.MALFORMED, lambda t: signed_text(t, b"[]")),
    "claims in no encoding": (Reason.MALFORMED, lambda t: signed_text(t, b'{"a": "\xff"}')),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_for_its_own_reason(tenant: Tenant, name: str) -> None:
    reason, forge = ATTACKS[name]
    token = forge(tenant)
    refusal = refused(tenant, token)
    assert refusal.reason is reason
    assert "eyJ" not in str(refusal)
    assert tenant.verifier().verify(tenant.token()).principal_id == APP.principal_id


def test_every_reason_has_an_attack() -> None:
    assert {reason for reason, _ in ATTACKS.values()} == set(Reason)


def test_a_perfect_token_of_another_key_is_refused(tenant: Tenant, stranger: SigningKey) -> None:
    token = Issuer(stranger, TENANT, lambda: tenant.now).issue(APP, VAULT).text
    refusal = refused(tenant, token)
    assert (refusal.reason, refusal.found) == (Reason.UNKNOWN_KEY, stranger.kid)


def test_a_forged_signature_under_the_right_key_id_is_refused(
    tenant: Tenant, stranger: SigningKey
) -> None:
    borrowed = replace(stranger, kid=tenant.key.kid)
    token = Issuer(borrowed, TENANT, lambda: tenant.now).issue(APP, VAULT).text
    assert refused(tenant, token).reason is Reason.SIGNATURE


def test_a_key_in_the_header_is_not_looked_at(tenant: Tenant, stranger: SigningKey) -> None:
    header = {"alg": "RS256", "kid": stranger.kid, "jwk": stranger.key.as_dict(private=False)}
    header["jku"] = "https://example.com/keys"
    content = json.dumps(claims_of(tenant.token())).encode()
    token = f"{encoded(header)}.{base64url(content)}"
    signature = sign(stranger, {"alg": "RS256"}, content).rpartition(".")[2]
    assert refused(tenant, f"{token}.{signature}").reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("audiences", "good", "bad"),
    [
        (frozenset({VAULT}), [VAULT], [f"{VAULT}/", BLOB, BUS, f"{VAULT}//"]),
        (BUS_AUDIENCES, [BUS, f"{BUS}/"], [f"{BUS}//", VAULT, BLOB]),
        (
            blob_audiences("acc.blob.core.windows.net"),
            [BLOB, f"{BLOB}/", "https://acc.blob.core.windows.net"],
            ["https://acc2.blob.core.windows.net", "https://blob.core.windows.net", VAULT, BUS],
        ),
    ],
)
def test_each_plane_takes_the_spellings_that_azure_takes(
    tenant: Tenant, audiences: frozenset[str], good: list[str], bad: list[str]
) -> None:
    for each in good:
        assert tenant.verifier(audiences).verify(tenant.token(each)).name == "gateway"
    for each in bad:
        refusal = refused(tenant, tenant.token(each), audiences)
        assert (refusal.reason, refusal.found) == (Reason.AUDIENCE, each)


def test_a_caller_is_the_principal_of_the_claims(tenant: Tenant) -> None:
    token = tenant.issuer.issue(APP, VAULT, lifetime=60)
    caller = tenant.verifier().verify(token.text)
    assert (caller.principal_id, caller.app_id) == (APP.principal_id, APP.client_id)
    assert (caller.name, caller.token_id) == ("gateway", token.id)
    assert caller.issuer == f"https://sts.windows.net/{TENANT}/"
    assert caller.expires_at == NOW + 60


def test_a_principal_without_a_known_name_is_called_by_id(tenant: Tenant) -> None:
    somebody = replace(APP, principal_id="44444444-0000-4000-8000-000000000000")
    caller = tenant.verifier().verify(tenant.issuer.issue(somebody, VAULT).text)
    assert caller.name == somebody.principal_id


def test_a_signature_is_checked_once_as_long_as_the_token_lives(
    tenant: Tenant, checked: list[str]
) -> None:
    looking, token = tenant.verifier(), tenant.token(lifetime=60)
    first = looking.verify(token)
    tenant.now += 59
    assert looking.verify(token) is first
    assert checked == [token]


def test_the_cache_does_not_outlive_the_token(tenant: Tenant) -> None:
    looking, token = tenant.verifier(), tenant.token(lifetime=60)
    looking.verify(token)
    for later in (60, 61, 3600):
        tenant.now = NOW + later
        with pytest.raises(TokenRefused) as caught:
            looking.verify(token)
        assert caught.value.reason is Reason.EXPIRED


def test_a_cached_token_is_not_valid_before_its_time(tenant: Tenant) -> None:
    looking, token = tenant.verifier(), tenant.token()
    looking.verify(token)
    tenant.now -= 3600
    with pytest.raises(TokenRefused) as caught:
        looking.verify(token)
    assert caught.value.reason is Reason.NOT_YET_VALID
    tenant.now += 3600
    assert looking.verify(token).name == "gateway"


def test_one_planes_verdict_is_none_for_another(tenant: Tenant) -> None:
    token = tenant.token(VAULT)
    vault, bus = tenant.verifier(), tenant.verifier(BUS_AUDIENCES)
    assert vault.verify(token)
    for _ in range(2):
        with pytest.raises(TokenRefused):
            bus.verify(token)
    assert vault.verify(token)


def test_a_refusal_is_not_remembered_as_anything(tenant: Tenant, checked: list[str]) -> None:
    looking, token = tenant.verifier(), tenant.token(BUS)
    for _ in range(3):
        with pytest.raises(TokenRefused):
            looking.verify(token)
    assert len(checked) == 3


def test_the_memory_is_bounded(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, checked: list[str]
) -> None:
    monkeypatch.setattr(verifier, "_CACHED_AT_MOST", 2)
    looking = tenant.verifier()
    tokens = [tenant.token() for _ in range(3)]
    for token in [*tokens, tokens[2], tokens[0]]:
        assert looking.verify(token).name == "gateway"
    assert checked == [*tokens, tokens[0]]
    assert len(looking._verified) == 2


def test_the_memory_holds_no_token(tenant: Tenant) -> None:
    looking, token = tenant.verifier(), tenant.token()
    looking.verify(token)
    assert token not in repr(vars(looking))
    assert "eyJ" not in repr(vars(looking))


@given(token=st.text() | st.text("eyJ.-_A=\ud800\udc80", max_size=40))
def test_no_text_at_all_gets_through_or_breaks_anything(token: str) -> None:
    with pytest.raises(TokenRefused):
        Verifier([], TENANT, [VAULT], {}).verify(token)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    tokens: list[str] = []

    def spy(token: str, *given: Any, **named: Any) -> Any:
        tokens.append(token)
        return GENUINE(token, *given, **named)

    monkeypatch.setattr("sandbox.entra.verifier.jws.deserialize_compact", spy)
    return tokens


@pytest.mark.parametrize(
    ("headers", "scheme", "token"),
    [
        (["Bearer abc"], "Bearer", "abc"),
        (["bEARER  abc "], "bEARER", "abc"),
        (["SharedKey account:abc"], "SharedKey", "account:abc"),
        (["Bearer"], "Bearer", ""),
        ([], "", ""),
        (["Bearer abc", "Bearer abc"], "", ""),
    ],
)
def test_one_authorization_header_has_a_scheme_and_a_token(
    headers: list[str], scheme: str, token: str
) -> None:
    assert scheme_and_token(headers) == (scheme, token)
    assert bearer_token(headers) == (token if scheme.lower() == "bearer" else None)
