"""An outside issuer's token becomes an identity, or is refused in Entra's words."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter

from sandbox.deployment import Deployment, FederatedCredential, Principal, as_compiled
from sandbox.entra import Issuer, SigningKey
from sandbox.entra.errors import OAuthError
from sandbox.entra.federation import Federation
from sandbox.entra.outside_keys import Keys, OutsideKeys, UnreachableError
from tests.sandbox.entra.desk import Book
from tests.sandbox.entra.outside import AUDIENCE, SUBJECT, Outside

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "https://issuer.example"
DAY = 24 * 3600


@pytest.fixture(scope="module")
def outside() -> Outside:
    return Outside(ISSUER)


class Bench:
    """Federation for the gateway's identity alone, in front of an issuer that may be down."""

    def __init__(self, outside: Outside, key: SigningKey) -> None:
        self.outside, self.down, self.now = outside, False, time.time()
        found = as_compiled()
        self.gateway, self.catalog = found.principal("gateway"), found.principal("catalog")
        self.deployment = self._trusting(found, self.gateway)
        self.book = Book()
        issuer = Issuer(key, found.tenant_id, lambda: self.now)
        keys = OutsideKeys(self.fetch)
        self.federation = Federation(self.deployment, issuer, self.book, keys)

    def _trusting(self, found: Deployment, identity: Principal) -> Deployment:
        trusted = FederatedCredential(
            "github", identity.resource_id.upper(), ISSUER, SUBJECT, (AUDIENCE,)
        )
        return replace(found, federated=(trusted,))

    async def fetch(self, issuer: str) -> Keys:
        assert issuer == ISSUER, "only a declared issuer may be asked"
        if self.down:
            raise UnreachableError("no route")
        return {self.outside.kid: RSAKey.import_key(self.outside.key.as_dict(private=False))}

    def ask(self, token: str | None = None, **changes: str | None) -> Mapping[str, Any]:
        form = {
            "client_id": self.gateway.client_id,
            "grant_type": "client_credentials",
            "client_assertion": self.outside.token() if token is None else token,
            "client_assertion_type": TYPE,
            "scope": "https://storage.azure.com/.default",
            **changes,
        }
        given = {name: value for name, value in form.items() if value is not None}
        return asyncio.run(self.federation.token(given))

    def refusal(self, token: str | None = None, **changes: str | None) -> OAuthError:
        with pytest.raises(OAuthError) as refused:
            self.ask(token, **changes)
        assert self.book.tokens == []
        assert "access_token" not in str(refused.value)
        return refused.value


@pytest.fixture
def bench(outside: Outside, key: SigningKey) -> Bench:
    return Bench(outside, key)


def claims(token: str) -> Mapping[str, Any]:
    part = token.split(".")[1]
    found: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found


def test_a_trusted_token_becomes_the_identity(bench: Bench) -> None:
    answer = bench.ask()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == DAY
    found = claims(answer["access_token"])
    assert found["oid"] == bench.gateway.principal_id
    assert found["aud"] == "https://storage.azure.com"
    assert bench.book.tokens == [("gateway", "https://storage.azure.com")]


def test_one_of_several_audiences_is_enough(bench: Bench, outside: Outside) -> None:
    assert bench.ask(outside.token(aud=["another", AUDIENCE]))


@pytest.mark.parametrize(
    ("wrong", "number", "named"),
    [
        ({"iss": "https://other.example"}, 700211, "issuer 'https://other.example'"),
        ({"iss": f"{ISSUER}/"}, 700211, f"issuer '{ISSUER}/'"),
        ({"sub": "repo:octo/other"}, 700213, "subject 'repo:octo/other'"),
        ({"sub": SUBJECT.upper()}, 7002138, "case-insensitive"),
        ({"aud": "api://another"}, 700212, "audience 'api://another'"),
        ({"aud": []}, 700212, "audience ''"),
        ({"aud": [{"a": 1}, 1]}, 700212, "audience ''"),
        ({"exp": 1000}, 700024, "not within its valid time range"),
        ({"nbf": int(time.time()) + 3600}, 700024, "not within its valid time range"),
        ({"exp": int(time.time()) + 26 * 3600}, 70023, "1.01:00:00"),
    ],
)
def test_a_token_that_is_not_trusted_is_refused_by_name(
    bench: Bench, outside: Outside, wrong: dict[str, Any], number: int, named: str
) -> None:
    refused = bench.refusal(outside.token(**wrong))
    assert refused.number == number
    assert named in refused.message
    assert refused.status == (400 if number == 70023 else 401)


def test_the_end_is_the_first_second_that_is_too_late(bench: Bench, outside: Outside) -> None:
    end = int(bench.now) + 300
    token = outside.token(exp=end)
    bench.now = end - 1.0
    assert bench.ask(token)
    bench.book.tokens.clear()
    bench.now = float(end)
    assert bench.refusal(token).number == 700024


def test_another_identity_does_not_trust_what_this_one_does(bench: Bench) -> None:
    assert bench.refusal(client_id=bench.catalog.client_id).number == 700211


def test_a_key_that_the_issuer_does_not_publish_is_named(bench: Bench, outside: Outside) -> None:
    refused = bench.refusal(outside.token({"kid": "another"}))
    assert (refused.number, refused.status) == (7000272, 401)
    assert "identifier another" in refused.message


def test_another_key_under_the_known_id_does_not_sign(bench: Bench, outside: Outside) -> None:
    stranger = Outside(ISSUER)
    assert stranger.kid == outside.kid
    assert bench.refusal(stranger.token()).number == 50013


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_part_is_no_token_of_the_issuers(
    bench: Bench, outside: Outside, part: int
) -> None:
    one, other = outside.token(), outside.token({"cty": "JWT"}, jti="another")
    parts, changed = one.split("."), other.split(".")[part]
    mixed = ".".join([*parts[:part], changed, *parts[part + 1 :]])
    assert bench.refusal(mixed).number == 50013


def test_the_public_key_as_a_shared_secret_signs_nothing(bench: Bench, outside: Outside) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": outside.kid}).encode())
    signed = f"{header.decode().rstrip('=')}.{outside.token().split('.')[1]}"
    public = outside.key.as_pem(private=False)
    mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256"))
    assert bench.refusal(f"{signed}.{mac.decode().rstrip('=')}").number == 50027


def test_a_header_of_the_issuers_own_is_passed_over_unless_it_is_critical(
    bench: Bench, outside: Outside
) -> None:
    assert bench.ask(signed(outside, {"ver": 1}))
    bench.book.tokens.clear()
    assert bench.refusal(signed(outside, {"ver": 1, "crit": ["ver"]})).number == 50027


def signed(outside: Outside, header: Mapping[str, Any]) -> str:
    """Return a token with a header parameter of the issuer's own, `ver`."""
    whole = {"alg": "RS256", "kid": outside.kid, **header}
    own = {"ver": HeaderParameter("version", "int")}
    registry = jws.JWSRegistry(own, algorithms=["RS256"])
    payload = json.dumps(claims(outside.token())).encode()
    return jws.serialize_compact(whole, payload, outside.key, registry=registry)


@pytest.mark.parametrize("alg", ["none", "RS512", "PS256"])
def test_no_other_algorithm_is_accepted(bench: Bench, outside: Outside, alg: str) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": outside.kid}).encode())
    _, payload, signature = outside.token().split(".")
    forged = f"{header.decode().rstrip('=')}.{payload}.{signature}"
    assert bench.refusal(forged).number == 50027


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "e30.e30.e30",
        "x" * 100_000,
        "é.é.é",
        base64.urlsafe_b64encode(b"[" * 9000).decode().rstrip("=") + ".e30.e30",
    ],
)
def test_what_is_no_token_is_malformed_or_missing(bench: Bench, token: str) -> None:
    assert bench.refusal(token).number == (50027 if token else 7000216)


@pytest.mark.parametrize(
    "odd",
    [
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": 1e300},
        {"nbf": -1},
        {"iss": None},
        {"iss": ["x"]},
        {"sub": ""},
        {"aud": None},
        {"aud": 1},
    ],
)
def test_a_claim_that_is_missing_or_odd_is_malformed(
    bench: Bench, outside: Outside, odd: dict[str, Any]
) -> None:
    assert bench.refusal(outside.token(**odd)).number == 50027


def test_an_issuer_that_is_not_reached_is_a_refusal_with_its_reason_on_record(
    bench: Bench,
) -> None:
    bench.down = True
    refused = bench.refusal()
    assert (refused.number, refused.status) == (50166, 400)
    assert "no route" in refused.reason
    assert "no route" not in refused.message


@pytest.mark.parametrize(
    ("changes", "number", "status"),
    [
        ({"client_id": None}, 900144, 400),
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, 700016, 400),
        ({"client_assertion": None}, 7000216, 401),
        ({"client_assertion_type": "another"}, 7000216, 401),
        ({"client_secret": "guessed"}, 7000215, 401),
        ({"scope": None}, 900144, 400),
        ({"scope": "https://storage.azure.com/user_impersonation"}, 1002012, 400),
        ({"scope": "https://storage.azure.com/.default openid/.default"}, 1002012, 400),
        ({"scope": "https://database.windows.net/.default"}, 500011, 400),
    ],
)
def test_a_form_that_lacks_something_is_refused_by_it(
    bench: Bench, changes: dict[str, str | None], number: int, status: int
) -> None:
    refused = bench.refusal(**changes)
    assert (refused.number, refused.status) == (number, status)


def test_a_user_has_no_client_id_to_become(bench: Bench) -> None:
    assert {each.client_id for each in bench.deployment.users} == {""}
    assert bench.refusal(client_id="").number == 900144


def test_a_token_that_cannot_be_put_on_record_is_not_given_out(bench: Bench) -> None:
    bench.book.full = True
    with pytest.raises(OSError, match="no space left"):
        bench.ask()
