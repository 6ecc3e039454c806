"""A decorator for Flask that accepts tokens from Entra for this API which carry an app role.

As in RFC 6750, a missing or invalid token gets 401, a token without the role gets 403. The app
registration uses version 2 tokens, whose `aud` is always its app id:
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
from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

_AUTHORITY = "https://login.microsoftonline.com"
# Pinned: Entra's keys name no algorithm, and the one that a token names proves nothing.
_ALGORITHM = "RS256"
_SMALLEST_KEY = 2048  # bits, as RFC 7518, 3.3 asks
LEEWAY = 60  # seconds, for clocks that differ
MAX_AGE = 3600  # seconds until keys are fetched again; Entra publishes new ones long before use
PAUSE = 30  # seconds between two fetches, however many key ids strangers invent
_LONGEST = 16 * 1024  # characters; Entra's tokens have about 2,000
_REQUIRED = ["aud", "exp", "iss", "nbf", "oid", "tid"]
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REASONS: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "is not valid yet",
    jwt.InvalidAudienceError: "is for another API",
    jwt.InvalidIssuerError: "is from another tenant or of another version",
    jwt.InvalidSignatureError: "has a signature that does not fit",
}

_View = Callable[..., ResponseReturnValue]


class Refused(HTTPException):
    """A request that is refused; `principal` owns its token, where that was proven.

    The response is problem+json, with the challenge of RFC 6750; `error` is one of its codes.
    """

    def __init__(self, status: int, error: str, why: str, principal: str = "") -> None:
        kind = (error or "no-token").replace("_", "-")
        body = {"type": f"urn:keyless:problem:{kind}", "title": why, "status": status}
        details = f' error="{error}", error_description="{why}"' if error else ""
        challenge = {"WWW-Authenticate": f"Bearer{details}"}
        headers = {"Retry-After": str(PAUSE)} if status == 503 else challenge
        mimetype = "application/problem+json"
        super().__init__(why, Response(json.dumps(body), status, headers, mimetype=mimetype))
        self.code = status
        self.error = error
        self.principal = principal


class Keys:
    """Entra's public keys by id; known keys stay in use while Entra is unavailable."""

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
        """Return the keys for a tenant; nothing is fetched yet."""

        def fetch() -> Any:
            response = requests.get(f"{_AUTHORITY}/{tenant_id}/discovery/v2.0/keys", timeout=5)
            response.raise_for_status()
            return response.json()

        return cls(fetch)

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key `kid`, None if Entra has no such key; raises Refused without any keys."""
        if kid not in self._known or self._clock() >= self._stale:
            with self._lock:  # another thread may be fetching this key
                if self._due(kid):
                    self._refresh()
        if not self._known:
            why = "Cannot verify tokens: Entra's signing keys are unavailable."
            raise Refused(503, "keys_away", why)
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
        # Other kinds of keys have no size, or a far smaller one.
        long_enough = [key for key in found if getattr(key.key, "key_size", 0) >= _SMALLEST_KEY]
        self._known = {key.key_id: key for key in long_enough}
        self._stale = self._asked + MAX_AGE


def _is_for_signatures(key: Mapping[str, Any]) -> bool:
    """Return whether a key may verify signatures (RFC 7517, 4.2 and 4.3), as it may by default."""
    return key.get("use", "sig") == "sig" and "verify" in key.get("key_ops", ["verify"])


class Bearer:
    """The check of an API's callers: tokens of its own tenant, for its own app registration."""

    def __init__(self, tenant_id: str, audience: str, keys: Keys | None = None) -> None:
        """`audience` is the app id of the registration; nothing is fetched yet."""
        self._tenant_id = tenant_id
        self._audience = audience
        self._keys = keys or Keys.of(tenant_id)

    def prove(self) -> None:
        """Prove that Entra's keys can be fetched; raises Refused."""
        self._keys.find("")

    def check(self, authorization: str, role: str) -> None:
        """Raise Refused unless the Authorization header carries a token with `role`."""
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise Refused(401, "", "This API takes a bearer token.")
        claims = self.verify(token)
        roles = claims.get("roles")
        if not isinstance(roles, list) or role not in roles:
            why = (
                f"The token carries no app role {role}. If it was granted since, wait:"
                " a managed identity's token is cached for up to a day."
            )
            raise Refused(403, "insufficient_scope", why, claims["oid"])

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token; raises Refused."""
        if len(token) > _LONGEST or not _COMPACT.fullmatch(token):
            raise _bad("is malformed")
        try:
            claims = self._proven(token)
        except jwt.PyJWTError as error:
            raise _bad(_REASONS.get(type(error), "is not valid")) from error
        # PyJWT also accepts times that are strings, true or infinite; Entra writes none of these.
        odd = any(type(claims[name]) is not int or claims[name] >= 2**53 for name in ("exp", "nbf"))
        if odd or not isinstance(claims["oid"], str):
            raise _bad("has an odd claim")
        if claims["tid"] != self._tenant_id:
            raise _bad(_REASONS[jwt.InvalidIssuerError])
        return claims

    def _proven(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a signed and valid token for this API; raises PyJWTError."""
        key = self._keys.find(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise jwt.InvalidSignatureError
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=self._audience,
            issuer=f"{_AUTHORITY}/{self._tenant_id}/v2.0",
            leeway=LEEWAY,
            options={"require": _REQUIRED, "strict_aud": True},
        )
        return claims


def init_app(app: Flask, bearer: Bearer | None) -> None:
    """Let the views of `app` that require a role ask `bearer`; None lets every caller in."""
    app.extensions["bearer"] = bearer


def requires(role: str) -> Callable[[_View], _View]:
    """Return a decorator for views that refuses callers without the app role `role`."""

    def decorate(view: _View) -> _View:
        @wraps(view)
        def guarded(*args: Any, **options: Any) -> ResponseReturnValue:
            bearer: Bearer | None = current_app.extensions["bearer"]
            try:
                if bearer:
                    bearer.check(request.headers.get("Authorization", ""), role)
            except Refused as refused:
                facts = {"principal": refused.principal}
                log.warning("Refused: %s", refused.description, extra=facts)
                raise
            return view(*args, **options)

        return guarded

    return decorate


def _bad(why: str) -> Refused:
    return Refused(401, "invalid_token", f"The token {why}.")
