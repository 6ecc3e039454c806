"""Who is signed in: which credential of the chain answered, and why the others did not."""

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

# How ChainedTokenCredential lists what each of its credentials said.
_ATTEMPT = re.compile(r"^\t(\w+Credential)(?:: )?", re.MULTILINE)
_NOT_ASKED = "not asked, since another answered before"


@dataclass(frozen=True)
class Attempt:
    """A credential that gave no token, and what it said."""

    credential: str
    said: str


@dataclass(frozen=True)
class Answer:
    """Whose token it is and which credential gave it; all of that is empty if none did."""

    by: str = ""
    name: str = ""
    object_id: str = ""
    client_id: str = ""
    tenant: str = ""
    others: tuple[Attempt, ...] = ()

    @property
    def said(self) -> str:
        """All that those said who gave no token."""
        return " ".join(each.said for each in self.others)


def ask(credential: DefaultAzureCredential) -> Answer:
    """Ask for a token, read it, and hear what the other credentials of the chain say."""
    try:
        claims = claims_of(credential, STORAGE)
    except ClientAuthenticationError as error:
        return Answer(others=tuple(_attempts(str(error.message))))
    winner = credential._successful_credential
    name = claims.get("upn") or claims.get("unique_name") or claims.get("appid", "somebody")
    return Answer(
        by=type(winner).__name__,
        name=str(name),
        object_id=str(claims["oid"]),
        client_id=str(claims.get("appid", "")),
        tenant=str(claims["tid"]),
        others=tuple(_beside(credential, winner)),
    )


def claims_of(credential: TokenCredential, scope: str) -> Mapping[str, Any]:
    """What a token for `scope` says; it is read and not verified.

    Raises ClientAuthenticationError.
    """
    token = credential.get_token(scope).token
    claims: Mapping[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return claims


def _attempts(message: str) -> Iterator[Attempt]:
    _, *found = _ATTEMPT.split(message)
    for name, said in zip(found[::2], found[1::2], strict=True):
        yield Attempt(name, " ".join(said.partition("\nTo mitigate this issue")[0].split()))


def _beside(credential: DefaultAzureCredential, winner: object) -> Iterator[Attempt]:
    """The chain keeps who answered, not what was said before: so those are asked again."""
    asked: list[Any] = list(credential.credentials)
    before = asked.index(winner)
    for each in asked[:before]:
        yield Attempt(_name(each), _refusal(each))
    for each in asked[before + 1 :]:
        yield Attempt(_name(each), _NOT_ASKED)


def _name(credential: object) -> str:
    """One that cannot even be made is in the chain as a stand-in with its name."""
    return str(getattr(credential, "_credential_name", type(credential).__name__))


def _refusal(credential: TokenCredential) -> str:
    try:
        credential.get_token(STORAGE)
    except AzureError as error:
        return " ".join(str(error.message).split())
    return "answers now, and did not before"
