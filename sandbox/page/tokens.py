"""The tokens that the page has asked for: their claims in words, and a letter changed."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.deployment import Principal
from sandbox.entra import AccessToken
from sandbox.entra.issuer import BACKDATED

# The tokens that are kept; the oldest give way.
MOST = 16
_OPAQUE = "for Entra alone; nobody else can read it"
_MEANINGS = {
    "alg": "the signature's algorithm; a service that verifies takes no other",
    "typ": "the kind of the text: a JSON Web Token",
    "kid": "the id of the key that signed it, in Entra's published key set",
    "x5t": "the same key, by the thumbprint of its certificate",
    "aud": "the service that it is for; every other one refuses it",
    "iss": "the Entra tenant that issued it",
    "iat": "the time of issue",
    "nbf": "it is not valid before this time",
    "exp": "it is not valid from this time on",
    "oid": "the object id of the principal: role assignments name this id",
    "sub": "the subject; for a managed identity the same id",
    "tid": "the tenant",
    "appid": "the client id of the identity, which its code asks by",
    "azp": "the client id of the identity that asked",
    "appidacr": "how the client proved itself: 2 is a certificate, 0 none (a public client)",
    "azpacr": "how the client proved itself: 2 is a certificate, 0 none (a public client)",
    "idtyp": "app for an identity of an application, user for a person",
    "idp": "the provider that authenticated the principal",
    "xms_mirid": "the resource id of the managed identity",
    "xms_az_rid": "the resource that the identity is used on",
    "ver": "the version of the token's form",
    "roles": "app roles, which this API checks itself; an Azure role is never in a token",
    "scp": "what the client may do on the user's behalf",
    "name": "the name of the person",
    "upn": "the account name of the person",
    "unique_name": "the account name of the person",
    "amr": "how the person signed in",
    "acr": "1: the person signed in",
    "uti": "the id of this token: the audit names it, and never the token",
    "aio": _OPAQUE,
    "rh": _OPAQUE,
}
_TIMES = frozenset({"iat", "nbf", "exp"})


@dataclass(frozen=True)
class Claim:
    """A field of a token. `at` is its time in seconds since the epoch, 0 for any other field."""

    name: str
    value: str
    meaning: str
    at: int = 0


@dataclass(frozen=True)
class Shown:
    """A token that the page shows without its text."""

    id: str
    who: Principal
    token: AccessToken = field(repr=False)

    @property
    def header(self) -> tuple[Claim, ...]:
        return _claims(_part(self.token.text, 0))

    @property
    def claims(self) -> tuple[Claim, ...]:
        return _claims(_part(self.token.text, 1))

    @property
    def kid(self) -> str:
        return str(_part(self.token.text, 0)["kid"])

    @property
    def refresh_on(self) -> int:
        """Return when azure-identity asks for a new one: at half of a life of 2 hours or more.

        For a shorter life, 5 minutes before the end. AzureAD/microsoft-authentication-library-
        for-python, msal/managed_identity.py.
        """
        end = self.token.expires_on
        begun = self.token.not_before + BACKDATED
        life = end - begun
        return begun + life // 2 if life >= 2 * 3600 else end - 300

    def altered(self, part: str) -> str:
        """Return the text with one letter changed, in its `claims` or its `signature`."""
        header, claims, signature = self.token.text.split(".")
        if part == "claims":
            found = dict(_part(self.token.text, 1))
            found["oid"] = _other_letter(str(found["oid"]))
            claims = urlsafe_b64encode(json.dumps(found).encode()).rstrip(b"=").decode()
        else:
            signature = _other_letter(signature)
        return f"{header}.{claims}.{signature}"


class Wallet:
    """Keeps the tokens that the page has asked for, in memory alone."""

    def __init__(self) -> None:
        self._tokens = OrderedDict[str, Shown]()

    def add(self, who: Principal, token: AccessToken) -> Shown:
        shown = Shown(secrets.token_urlsafe(8), who, token)
        self._tokens[shown.id] = shown
        while len(self._tokens) > MOST:
            self._tokens.popitem(last=False)
        return shown

    def find(self, token_id: str) -> Shown | None:
        return self._tokens.get(token_id)


def _part(text: str, place: int) -> Mapping[str, Any]:
    encoded = text.split(".")[place]
    found: Mapping[str, Any] = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    return found


def _claims(fields: Mapping[str, Any]) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            name,
            ", ".join(map(str, value)) if isinstance(value, list) else str(value),
            _MEANINGS.get(name, ""),
            value if name in _TIMES else 0,
        )
        for name, value in fields.items()
    )


def _other_letter(text: str) -> str:
    """Return `text` with another first letter."""
    return ("b" if text[0] == "a" else "a") + text[1:]
