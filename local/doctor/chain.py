"""The credential chain: which credential gave a token, and why the others did not."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import DefaultAzureCredential
from joserfc import jws

STORAGE = "https://storage.azure.com/.default"

# ChainedTokenCredential lists the error of each of its credentials in this form.
_ATTEMPT = re.compile(r"^\t(\w+Credential)(?:: )?", re.MULTILINE)
_NOT_ASKED = "not tried, since an earlier one succeeded"


@dataclass(frozen=True)
class Attempt:
    """A credential that gave no token, and its error (`said`)."""

    credential: str
    said: str


@dataclass(frozen=True)
class Answer:
    """The identity in the token, and the credential that gave it (`by`); empty without a token.

    `others` are the credentials that gave none.
    """

    by: str = ""
    name: str = ""
    object_id: str = ""
    client_id: str = ""
    tenant: str = ""
    others: tuple[Attempt, ...] = ()

    @property
    def said(self) -> str:
        """The errors of all credentials that gave no token."""
        return " ".join(each.said for each in self.others)


def ask(credential: DefaultAzureCredential) -> Answer:
    """Get a token, read it, and collect the errors of the chain's other credentials."""
    try:
        claims = claims_of(credential, STORAGE)
    except ClientAuthenticationError as error:
        return Answer(others=tuple(_attempts(str(error.message))))
    winner = credential._successful_credential
    name = claims.get("upn") or claims.get("unique_name") or claims.get("appid", "unknown")
    return Answer(
        by=type(winner).__name__,
        name=str(name),
        object_id=str(claims["oid"]),
        client_id=str(claims.get("appid", "")),
        tenant=str(claims["tid"]),
        others=tuple(_beside(credential, winner)),
    )


def claims_of(credential: TokenCredential, scope: str) -> Mapping[str, Any]:
    """Return the claims of a token for `scope`, unverified. Raises ClientAuthenticationError."""
    token = credential.get_token(scope).token
    claims: Mapping[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return claims


def _attempts(message: str) -> Iterator[Attempt]:
    _, *found = _ATTEMPT.split(message)
    for name, said in zip(found[::2], found[1::2], strict=True):
        yield Attempt(name, " ".join(said.partition("\nTo mitigate this issue")[0].split()))


def _beside(credential: DefaultAzureCredential, winner: object) -> Iterator[Attempt]:
    """Ask the earlier credentials again: the chain keeps the winner but not their errors."""
    asked: list[Any] = list(credential.credentials)
    before = asked.index(winner)
    for each in asked[:before]:
        yield Attempt(_name(each), _refusal(each))
    for each in asked[before + 1 :]:
        yield Attempt(_name(each), _NOT_ASKED)


def _name(credential: object) -> str:
    """Return its name; the chain holds a named placeholder for one that cannot be created."""
    return str(getattr(credential, "_credential_name", type(credential).__name__))


def _refusal(credential: TokenCredential) -> str:
    try:
        credential.get_token(STORAGE)
    except AzureError as error:
        return " ".join(str(error.message).split())
    return "succeeds now, but failed before"
