"""Verifies a token as an Azure data plane does: signature, issuer, tenant, audience, lifetime."""

import hashlib
import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from sandbox.entra.issuer import issuer_name
from sandbox.entra.keys import SigningKey

# Entra's own tokens are about 2 kB; group overage and all, none comes near this.
_LONGEST = 16 * 1024
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CACHED_AT_MOST = 4096
# JSON can spell infinity and NaN, and no comparison ends such a token.
_NEVER = 2**53


class Reason(StrEnum):
    """The reason to refuse a token; each plane has its own words for it."""

    MALFORMED = "not a signed token"
    ALGORITHM = "not signed with RS256"
    UNKNOWN_KEY = "signed with a key that Entra does not publish"
    SIGNATURE = "the signature does not fit"
    CLAIM = "a claim is missing or odd"
    ISSUER = "not from this tenant's Entra"
    TENANT = "for another tenant"
    AUDIENCE = "for another service"
    EXPIRED = "expired"
    NOT_YET_VALID = "not valid yet"


class TokenRefused(Exception):
    """A token that proves nothing. `found` is the offending claim, never the token."""

    def __init__(self, reason: Reason, found: str = "") -> None:
        super().__init__(f"{reason}: {found}" if found else str(reason))
        self.reason = reason
        self.found = found


@dataclass(frozen=True)
class Caller:
    """The principal that a verified token proves. `expires_at` is in seconds since the epoch.

    `credential` names another proof than a token, if it was one.
    """

    principal_id: str
    app_id: str
    name: str
    issuer: str
    expires_at: float
    token_id: str
    credential: str = ""


class Verifier:
    """Accepts the tokens of one data plane: for its audiences, from its own tenant."""

    def __init__(
        self,
        keys: Collection[SigningKey],
        tenant_id: str,
        audiences: Collection[str],
        names: Mapping[str, str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`names` gives principals, by id, the names that people know them by; it may change."""
        self._keys = {each.kid: each for each in keys}
        self._tenant_id = tenant_id
        self._audiences = frozenset(audiences)
        self._names = names
        self._clock = clock
        self._verified: dict[bytes, tuple[Caller, float]] = {}

    def verify(self, token: str) -> Caller:
        """Return the caller that `token` proves. Raises TokenRefused.

        A token once verified is remembered, by its hash, until it ends.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        now = self._clock()
        caller, not_before = self._verified.get(digest) or self._verify(token)
        if now < not_before:
            raise TokenRefused(Reason.NOT_YET_VALID)
        if now >= caller.expires_at:
            self._verified.pop(digest, None)
            raise TokenRefused(Reason.EXPIRED)
        caller = self._named(caller)
        self._remember(digest, caller, not_before)
        return caller

    def name_of(self, principal_id: str) -> str:
        """Return the name of a principal, or its id if it has none."""
        return self._names.get(principal_id, principal_id)

    def now(self) -> float:
        """Return the time by which tokens end, in seconds since the epoch."""
        return self._clock()

    def _named(self, caller: Caller) -> Caller:
        """Return the caller under its present name: its identity may be deleted by now."""
        name = self._names.get(caller.principal_id, caller.principal_id)
        return caller if name == caller.name else replace(caller, name=name)

    def _remember(self, digest: bytes, caller: Caller, not_before: float) -> None:
        if digest not in self._verified and len(self._verified) >= _CACHED_AT_MOST:
            self._verified.pop(next(iter(self._verified)))
        self._verified[digest] = caller, not_before

    def _verify(self, token: str) -> tuple[Caller, float]:
        claims = self._signed_claims(token)
        if claims.get("iss") != issuer_name(self._tenant_id):
            raise TokenRefused(Reason.ISSUER, str(claims.get("iss")))
        if claims.get("tid") != self._tenant_id:
            raise TokenRefused(Reason.TENANT, str(claims.get("tid")))
        audience = claims.get("aud")
        if not isinstance(audience, str) or audience not in self._audiences:
            raise TokenRefused(Reason.AUDIENCE, str(audience))
        return self._caller(claims), _number(claims, "nbf")

    def _signed_claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims, once the signature is proven. Only the header is read before."""
        key = self._key(_header(token))
        try:
            signed = jws.deserialize_compact(token, key.key, algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            raise TokenRefused(Reason.SIGNATURE) from error
        return _json_object(signed.payload)

    def _key(self, header: Mapping[str, Any]) -> SigningKey:
        if header.get("alg") != "RS256":
            raise TokenRefused(Reason.ALGORITHM, str(header.get("alg")))
        key = self._keys.get(str(header.get("kid")))
        if key is None:
            raise TokenRefused(Reason.UNKNOWN_KEY, str(header.get("kid")))
        return key

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        principal_id = _text(claims, "oid")
        return Caller(
            principal_id=principal_id,
            app_id=_text(claims, "appid"),
            name=self._names.get(principal_id, principal_id),
            issuer=_text(claims, "iss"),
            expires_at=_number(claims, "exp"),
            token_id=str(claims.get("uti", "")),
        )


def scheme_and_token(authorization: Sequence[str]) -> tuple[str, str]:
    """Return the scheme and the rest of a request's one Authorization header.

    Both are empty if there is no such header, or more than one: readers disagree on which counts.
    """
    if len(authorization) != 1:
        return "", ""
    scheme, _, token = authorization[0].partition(" ")
    return scheme, token.strip(" ")


def bearer_token(authorization: Sequence[str]) -> str | None:
    """Return the token of a request's one Authorization header; None if it is not a bearer's."""
    scheme, token = scheme_and_token(authorization)
    return token if scheme.lower() == "bearer" else None


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > _LONGEST or not _COMPACT.fullmatch(token):
        raise TokenRefused(Reason.MALFORMED)
    encoded = token.partition(".")[0]
    try:
        return _json_object(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError as error:
        raise TokenRefused(Reason.MALFORMED) from error


def _json_object(content: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise TokenRefused(Reason.MALFORMED) from error
    if not isinstance(value, dict):
        raise TokenRefused(Reason.MALFORMED)
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenRefused(Reason.CLAIM, name)
    return value


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _NEVER:
        raise TokenRefused(Reason.CLAIM, name)
    return float(value)
