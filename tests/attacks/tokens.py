"""The table: each token that an attacker would make, and which answer it gets from every plane."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.entra import BLOB, BUS, MANAGEMENT, MONITOR, VAULT
from sandbox.testing.token_factory import TokenFactory, base64url, claims_of, encoded
from tests.attacks.answers import (
    ALGORITHM,
    AUDIENCE,
    CATALOG,
    CLAIM,
    EXPIRED,
    FORBIDDEN,
    GOOD,
    ISSUER,
    MALFORMED,
    NOT_YET_VALID,
    PLANES,
    SIGNATURE,
    TENANT,
    TOO_LONG,
    UNKNOWN_KEY,
    Answers,
)

Make = Callable[[TokenFactory], str]
OTHER_TENANT = "00000000-0000-4000-8000-000000000099"
V1 = "https://sts.windows.net/{}"
V2 = "https://login.microsoftonline.com/{}/v2.0"
DEEP = "[" * 9000
MEGABYTE = 1024 * 1024
NOW = int(time.time())


@dataclass(frozen=True)
class Case:
    """A token, and each plane's answer to it."""

    name: str
    make: Make
    answers: Answers


def case(name: str, make: Make, usual: Answers, *good_at: str) -> Case:
    """Answered by all planes in the same way, but for those at which it is good."""
    return Case(name, make, usual | {plane: GOOD[plane] for plane in good_at})


def twice_said(mint: TokenFactory) -> str:
    """Two audiences in one JSON object: the last counts, for .NET's readers as for this one."""
    claims = json.dumps(claims_of(mint.good()) | {"aud": mint.audience})
    return mint.signed_text(claims[:-1] + f', "aud": "{MANAGEMENT}"}}')


SIGNATURES = [
    case("good", lambda m: m.good(), GOOD),
    case("forged signature", lambda m: m.good()[:-342] + "A" * 342, SIGNATURE),
    case("forged claims", lambda m: m.with_payload(oid="intruder"), SIGNATURE),
    case("forged end", lambda m: m.with_payload(exp=NOW * 2), SIGNATURE),
    case("another key", lambda m: m.of_stranger(), UNKNOWN_KEY),
    case("another key under Entra's id", lambda m: m.of_stranger(m.key.kid), SIGNATURE),
    case("kid unknown", lambda m: m.with_header(kid="0" * 43), UNKNOWN_KEY),
    case("kid missing", lambda m: m.with_header("kid"), UNKNOWN_KEY),
    case("kid of another key", lambda m: m.with_header(kid=m.stranger.kid), UNKNOWN_KEY),
    case("kid null", lambda m: m.with_header(kid=None), UNKNOWN_KEY),
    case("kid a list", lambda m: m.with_header(kid=[m.key.kid]), UNKNOWN_KEY),
    case("kid a path", lambda m: m.with_header(kid="../../../dev/null"), UNKNOWN_KEY),
    case("kid with a quote", lambda m: m.with_header(kid="' OR 1=1 --"), UNKNOWN_KEY),
    case("only x5t", lambda m: m.signed_text("{}", kid="", x5t=m.key.kid), UNKNOWN_KEY),
    case("its own key inside", lambda m: m.with_its_own_key(), UNKNOWN_KEY),
    case(
        "its own certificate inside",
        lambda m: m.with_header(x5c=["MIIB"], x5u="https://example.com/x5u"),
        SIGNATURE,
    ),
    case("alg none", lambda m: m.unsigned(), MALFORMED),
    case("alg none, signed", lambda m: m.unsigned(signature="AAAA"), ALGORITHM),
    case("alg nOnE", lambda m: m.unsigned("nOnE", "AAAA"), ALGORITHM),
    case("alg missing", lambda m: m.with_header("alg"), ALGORITHM),
    case("alg a list", lambda m: m.with_header(alg=["RS256"]), ALGORITHM),
    case("alg RS512", lambda m: m.with_header(alg="RS512"), ALGORITHM),
    case("alg PS256", lambda m: m.with_header(alg="PS256"), ALGORITHM),
    case("HS256 with the public key", lambda m: m.by_public_key(), ALGORITHM),
    case("critical things", lambda m: m.signed_text("{}", crit=["exp"], exp=1), SIGNATURE),
    case("payload unencoded", lambda m: m.signed_text("{}", crit=["b64"], b64=False), MALFORMED),
]
CLAIMS = [
    case("for storage", lambda m: m.good(BLOB), AUDIENCE, "blob"),
    case("for storage, slash", lambda m: m.good(f"{BLOB}/"), AUDIENCE, "blob"),
    case("for storage, two slashes", lambda m: m.good(f"{BLOB}//"), AUDIENCE),
    case("for this account", lambda m: m.good(m.account), AUDIENCE, "blob"),
    case("for this account, slash", lambda m: m.good(f"{m.account}/"), AUDIENCE, "blob"),
    case("for another account", lambda m: m.good(f"{m.account}x"), AUDIENCE),
    case("for the vaults", lambda m: m.good(VAULT), AUDIENCE, "vault"),
    case("for the vaults, slash", lambda m: m.good(f"{VAULT}/"), AUDIENCE),
    case("for this vault", lambda m: m.good(m.vault), AUDIENCE),
    case("for the bus", lambda m: m.good(BUS), AUDIENCE, "bus"),
    case("for the bus, slash", lambda m: m.good(f"{BUS}/"), AUDIENCE, "bus"),
    case("for the bus, two slashes", lambda m: m.good(f"{BUS}//"), AUDIENCE),
    case("for telemetry", lambda m: m.good(MONITOR), AUDIENCE, "telemetry"),
    case("for telemetry, slash", lambda m: m.good(f"{MONITOR}/"), AUDIENCE, "telemetry"),
    case("for ARM", lambda m: m.good(MANAGEMENT), AUDIENCE),
    case("for the catalog", lambda m: m.good(m.api.app_id), ISSUER, CATALOG),
    case("for the catalog, by its URI", lambda m: m.good(m.api.uris[0]), ISSUER, CATALOG),
    case("for the catalog's URI", lambda m: m.signed(aud=m.api.uris[0]), AUDIENCE),
    case("for upper case", lambda m: m.signed(aud=m.audience.upper()), AUDIENCE),
    case("for two services", lambda m: m.signed(aud=[m.audience, VAULT]), AUDIENCE),
    case("without an audience", lambda m: m.signed("aud"), AUDIENCE),
    case("for two audiences, in two claims", twice_said, AUDIENCE),
    case("v1 issuer", lambda m: m.signed(iss=V1.format(m.tenant) + "/"), ISSUER, *PLANES),
    case("v2 issuer", lambda m: m.signed(iss=V2.format(m.tenant), ver="2.0"), ISSUER, CATALOG),
    case("issuer of another tenant", lambda m: m.signed(iss=V1.format(f"{OTHER_TENANT}/")), ISSUER),
    case(
        "issuer without slash",
        lambda m: m.signed(iss=V1.format(m.tenant)),
        ISSUER,
    ),
    case("issuer a list", lambda m: m.signed(iss=[V1.format(m.tenant) + "/"]), ISSUER),
    case("issuer missing", lambda m: m.signed("iss"), ISSUER),
    case("another tenant", lambda m: m.signed(tid=OTHER_TENANT), TENANT),
    case("tenant missing", lambda m: m.signed("tid"), TENANT),
    case("expired", lambda m: m.good(lifetime=-1 - m.leeway), EXPIRED),
    case("expired a second ago by text", lambda m: m.signed(exp=str(NOW - 1)), CLAIM),
    case("end before 1970", lambda m: m.signed(exp=-1), EXPIRED),
    case("end missing", lambda m: m.signed("exp"), CLAIM),
    case("end by text", lambda m: m.signed(exp=str(NOW + 3600)), CLAIM),
    case("end true", lambda m: m.signed(exp=True), CLAIM),
    case("end infinite", lambda m: m.signed(exp=float("inf")), CLAIM),
    case("end no number", lambda m: m.signed(exp=float("nan")), CLAIM),
    case("end beyond all numbers", lambda m: m.signed(exp=10**400), CLAIM),
    case("not yet valid", lambda m: m.good(ahead=7200), NOT_YET_VALID),
    case("beginning missing", lambda m: m.signed("nbf"), CLAIM),
    case("beginning infinitely long ago", lambda m: m.signed(nbf=float("-inf")), CLAIM),
    case("principal missing", lambda m: m.signed("oid"), CLAIM),
    case("principal a list", lambda m: m.signed(oid=[m.principal.principal_id]), CLAIM),
    case("application missing", lambda m: m.signed("appid"), CLAIM, CATALOG),
]
# App roles are in the token; where Azure RBAC decides, nothing in a token gives a right.
ROLES = [
    case("app role missing", lambda m: m.signed("roles"), FORBIDDEN),
    case("no app role", lambda m: m.signed(roles=[]), FORBIDDEN),
    case("another app role", lambda m: m.signed(roles=["Catalog.Write"]), FORBIDDEN),
    case("app role in upper case", lambda m: m.signed(roles=["CATALOG.READ"]), FORBIDDEN),
    case("app role and more", lambda m: m.signed(roles=["Catalog.Read.All"]), FORBIDDEN),
    case("app role in a text", lambda m: m.signed(roles="Catalog.Read"), FORBIDDEN),
    case("app role in an object", lambda m: m.signed(roles={"Catalog.Read": True}), FORBIDDEN),
    case("app role as a scope", lambda m: m.signed("roles", scp="Catalog.Read"), FORBIDDEN),
    case("every app role", lambda m: m.signed(roles=["*"]), FORBIDDEN),
    case("Owner as an app role", lambda m: m.signed("roles", wids=["Owner"]), FORBIDDEN),
]
FORMS = [
    case("nothing", lambda m: "", MALFORMED),
    case("a word", lambda m: "token", MALFORMED),
    case("no signature", lambda m: m.good().rpartition(".")[0] + ".", MALFORMED),
    case("two parts", lambda m: m.good().rpartition(".")[0], MALFORMED),
    case("four parts", lambda m: f"{m.good()}.AAAA", MALFORMED),
    case("JWE", lambda m: m.encrypted(), MALFORMED),
    case("JWS in JSON", lambda m: m.as_json(), MALFORMED),
    case("JWS in JSON, general", lambda m: m.as_json(flat=False), MALFORMED),
    case("a token in a token", lambda m: m.signed_text(m.good(), cty="JWT"), MALFORMED),
    case("two tokens", lambda m: f"{m.good()} {m.good()}", MALFORMED),
    case("two tokens and a comma", lambda m: f"{m.good()},{m.good()}", MALFORMED),
    case("a megabyte", lambda m: m.good() + "A" * MEGABYTE, TOO_LONG),
    case("17 kilobytes", lambda m: m.good() + "A" * 17 * 1024, MALFORMED),
    case("padding", lambda m: f"{m.good()}=", MALFORMED),
    case("other base64", lambda m: m.good()[:-2] + "+/", MALFORMED),
    case("no length of base64", lambda m: f"A.{m.good().partition('.')[2]}", MALFORMED),
    case("signature of no length", lambda m: f"{m.good()}A", SIGNATURE),
    case("letters from elsewhere", lambda m: m.good().replace("e", "\u0435"), MALFORMED),
    case("digits from elsewhere", lambda m: m.good().replace("1", "\uff11"), MALFORMED),
    case("header no JSON", lambda m: f"{base64url(b'{')}.AAAA.AAAA", MALFORMED),
    case("header a list", lambda m: f"{encoded(['RS256'])}.AAAA.AAAA", MALFORMED),
    case("header without end", lambda m: f"{base64url(DEEP.encode())}.AAAA.AAAA", MALFORMED),
    # A verifier that read these before the signature would answer as to the two below.
    case("unproven, no JSON", lambda m: m.with_raw_payload(base64url(b"{")), SIGNATURE),
    case("unproven, no base64", lambda m: m.with_raw_payload("A"), SIGNATURE),
    case(
        "unproven, without end",
        lambda m: m.with_raw_payload(base64url(DEEP.encode())),
        SIGNATURE,
    ),
    case("proven, without end", lambda m: m.signed_text(DEEP), MALFORMED),
    case("proven, a list", lambda m: m.signed_text("[]"), MALFORMED),
]
GROUPS = {
    "key and signature": SIGNATURES,
    "claims": CLAIMS,
    "app roles": ROLES,
    "form": FORMS,
}
CASES = [case for group in GROUPS.values() for case in group]
