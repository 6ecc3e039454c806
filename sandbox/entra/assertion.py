"""The token of an outside issuer, as a client presents it: its claims, and the trust that it needs.

Before its signature is verified, the claims only choose the credential and the issuer's keys.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from sandbox.deployment import FederatedCredential
from sandbox.entra import federation_errors as errors

_LONGEST = 16 * 1024
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# Issuers may have header parameters of their own; critical ones are refused (`read`).
_RS256 = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
_LONGEST_LIFE = 25 * 60 * 60
# The last second of the year 9999, which a date can still name.
_LAST = 253402300799


@dataclass(frozen=True)
class Assertion:
    """The claims and the key id of a token. Times are in seconds since the epoch."""

    text: str = field(repr=False)
    kid: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]
    not_before: float
    issued_at: float
    expires: float

    def check_trust(self, credentials: Collection[FederatedCredential]) -> None:
        """Raise OAuthError unless one of `credentials` trusts its issuer, subject and audience."""
        of_issuer = [each for each in credentials if each.issuer == self.issuer]
        if not of_issuer:
            raise errors.wrong_issuer(self.issuer)
        of_subject = [each for each in of_issuer if each.subject == self.subject]
        if not of_subject:
            folded = {each.subject.lower() for each in of_issuer}
            alike = self.subject.lower() in folded
            raise (errors.subject_in_other_case if alike else errors.wrong_subject)(self.subject)
        if not any(set(each.audiences) & set(self.audiences) for each in of_subject):
            raise errors.wrong_audience(", ".join(self.audiences))

    def check_signature(self, key: RSAKey) -> None:
        """Raise OAuthError unless `key` has signed it, with RS256."""
        try:
            jws.deserialize_compact(self.text, key, registry=_RS256)
        except (JoseError, ValueError) as error:
            raise errors.wrong_signature() from error

    def check_time(self, now: float) -> None:
        """Raise OAuthError unless it is valid at `now`, and for a day and an hour at most."""
        if not self.not_before <= now < self.expires:
            raise errors.out_of_time(now, self.not_before, self.expires)
        if self.expires - self.issued_at > _LONGEST_LIFE:
            raise errors.too_long()


def read(text: str) -> Assertion:
    """Return the claims of a token, which are not proven yet. Raises OAuthError if malformed.

    Only RS256 is accepted:
    https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
    """
    if len(text) > _LONGEST or not _COMPACT.fullmatch(text):
        raise errors.malformed()
    try:
        signed = jws.extract_compact(text.encode())
        header, claims = dict(signed.headers()), json.loads(signed.payload)
        if header.get("alg") != "RS256" or "crit" in header or not isinstance(claims, dict):
            raise errors.malformed()
        return _assertion(text, header, claims)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise errors.malformed() from error


def _assertion(text: str, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Assertion:
    expires = _number(claims, "exp")
    not_before = _number(claims, "nbf", 0)
    return Assertion(
        text=text,
        kid=_text(header, "kid"),
        issuer=_text(claims, "iss"),
        subject=_text(claims, "sub"),
        audiences=_audiences(claims),
        not_before=not_before,
        issued_at=_number(claims, "iat", not_before or expires),
        expires=expires,
    )


def _audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    audience = claims.get("aud")
    if not isinstance(audience, list):
        return (_text(claims, "aud"),)
    return tuple(each for each in audience if isinstance(each, str))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is no text")
    return value


def _number(claims: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _LAST:
        raise ValueError(f"{name} is no time")
    return float(value)
