"""Takes the tokens that Entra issues for this API, and asks for an app role: a decorator for Flask.

Refuses as RFC 6750 says: 401 to no token or a bad one, 403 to one without the role. The
registration takes version 2 tokens, whose `aud` is its app id, however the caller asked for it:
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import jwt
import requests
from flask import Response, request
from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)

AUTHORITY = "https://login.microsoftonline.com"
ALGORITHM = (
    "RS256"  # pinned: Entra's keys name none, and what a token says of itself proves nothing
)
SMALLEST_KEY = 2048  # bits, as RFC 7518, 3.3 asks
LEEWAY = 60  # seconds, for clocks that differ
MAX_AGE = 3600  # seconds until the keys are fetched again; Entra announces new ones long before
PAUSE = 30  # seconds between two fetches, whatever key ids strangers make up
LONGEST = 16 * 1024  # characters; Entra's tokens have about 2,000
REQUIRED = ["aud", "exp", "iss", "nbf", "oid", "tid"]
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
REASONS: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "is not valid yet",
    jwt.InvalidAudienceError: "is for another API",
    jwt.InvalidIssuerError: "is from another tenant or of another version",
    jwt.InvalidSignatureError: "has a signature that does not fit",
}

View = Callable[..., ResponseReturnValue]


class Refused(Exception):
    """A request that is not let in, and why; `principal` is whose token it was, once proven."""

    def __init__(self, status: int, code: str, why: str, principal: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.code = code
        self.principal = principal

    def response(self) -> Response:
        """Return the refusal as problem+json, with the challenge of RFC 6750."""
        kind = (self.code or "no-token").replace("_", "-")
        body = {"type": f"urn:keyless:problem:{kind}", "title": str(self), "status": self.status}
        error = f' error="{self.code}", error_description="{self}"' if self.code else ""
        headers = {"WWW-Authenticate": f"Bearer{error}"}
        if self.status == 503:
            headers = {"Retry-After": str(PAUSE)}
        return Response(json.dumps(body), self.status, headers, mimetype="application/problem+json")


class Keys:
    """Entra's public keys by id; those that are known serve on while Entra cannot be reached."""

    def __init__(
        self, fetch: Callable[[], Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Mapping[str | None, jwt.PyJWK] = {}
        self._asked = self._stale = float("-inf")

    @classmethod
    def of(cls, tenant_id: str) -> "Keys":
        """Return the keys of a tenant's Entra; nothing is fetched yet."""

        def fetch() -> Any:
            answer = requests.get(f"{AUTHORITY}/{tenant_id}/discovery/v2.0/keys", timeout=5)
            answer.raise_for_status()
            return answer.json()

        return cls(fetch)

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key called `kid`, None if Entra has none; raises Refused if it is away."""
        if kid not in self._known or self._clock() >= self._stale:
            with self._lock:  # waits for a thread that may be fetching this very key
                if self._due(kid):
                    self._refresh()
        if not self._known:
            raise Refused(503, "keys_away", "No token can be verified: Entra's keys are away.")
        return self._known.get(kid)

    def _due(self, kid: str) -> bool:
        return self._clock() >= (self._stale if kid in self._known else self._asked + PAUSE)

    def _refresh(self) -> None:
        self._asked = self._clock()
        self._stale = self._asked + PAUSE
        try:
            published = self._fetch().get("keys") or []
            signing = {"keys": [each for each in published if _is_for_signatures(each)]}
            found = jwt.PyJWKSet.from_dict(signing).keys
        except (requests.RequestException, jwt.PyJWTError, AttributeError, TypeError) as error:
            log.warning("Entra's keys cannot be fetched: %s", error)
            return
        # Of keys that are not RSA's, the size is none, or far smaller.
        long_enough = [key for key in found if getattr(key.key, "key_size", 0) >= SMALLEST_KEY]
        self._known = {key.key_id: key for key in long_enough}
        self._stale = self._asked + MAX_AGE


def _is_for_signatures(key: Mapping[str, Any]) -> bool:
    """Tell whether a key may verify one: RFC 7517, 4.2 and 4.3. One that says nothing may."""
    return key.get("use", "sig") == "sig" and "verify" in key.get("key_ops", ["verify"])


class Bearer:
    """What an API accepts: tokens of its own tenant's Entra, for its own registration."""

    def __init__(self, tenant_id: str, audience: str, keys: Keys | None = None) -> None:
        """`audience` is the app id of the registration. Nothing is fetched yet."""
        self._tenant_id = tenant_id
        self._audience = audience
        self._keys = keys or Keys.of(tenant_id)

    def prove(self) -> None:
        """Prove that Entra's keys can be fetched; raises Refused."""
        self._keys.find("")

    def requires(self, role: str) -> Callable[[View], View]:
        """Return a decorator that lets in whose token has the app role `role`."""

        def decorate(view: View) -> View:
            @wraps(view)
            def guarded(*args: Any, **options: Any) -> ResponseReturnValue:
                try:
                    self.check(request.headers.get("Authorization", ""), role)
                except Refused as refused:
                    log.warning("Refused: %s", refused, extra={"principal": refused.principal})
                    return refused.response()
                return view(*args, **options)

            return guarded

        return decorate

    def check(self, authorization: str, role: str) -> None:
        """Pass if the header carries a token with `role`; raises Refused."""
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(401, "", "This takes a bearer token.")
        claims = self.verify(token)
        roles = claims.get("roles")
        if not isinstance(roles, list) or role not in roles:
            why = (
                f"The token carries no app role {role}. If it was granted since, the token is older"
                " than that: one of a managed identity is cached for up to a day."
            )
            raise Refused(403, "insufficient_scope", why, claims["oid"])

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token; raises Refused."""
        if len(token) > LONGEST or not COMPACT.fullmatch(token):
            raise _bad("is malformed")
        try:
            claims = self._proven(token)
        except jwt.PyJWTError as error:
            raise _bad(REASONS.get(type(error), "is not valid")) from error
        # PyJWT also reads times that are text, true or without end; Entra writes no such thing.
        odd = any(type(claims[name]) is not int or claims[name] >= 2**53 for name in ("exp", "nbf"))
        if odd or not isinstance(claims["oid"], str):
            raise _bad("has an odd claim")
        if claims["tid"] != self._tenant_id:
            raise _bad(REASONS[jwt.InvalidIssuerError])
        return claims

    def _proven(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that is signed, for this API, and valid now; raises PyJWTError."""
        key = self._keys.find(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise jwt.InvalidSignatureError
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=self._audience,
            issuer=f"{AUTHORITY}/{self._tenant_id}/v2.0",
            leeway=LEEWAY,
            options={"require": REQUIRED, "strict_aud": True},
        )
        return claims


def _bad(why: str) -> Refused:
    return Refused(401, "invalid_token", f"The token {why}.")
