"""Tokens as whoever acts gets them, and what a forger would make of one."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential

from tests.access.actor import Actor

STORAGE = "https://storage.azure.com"
VAULT = "https://vault.azure.net"
BUS = "https://servicebus.azure.net"
SOMEBODY_ELSE = "00000000-0000-4000-8000-000000000001"

_SOON = 300


@dataclass(frozen=True)
class Kept(TokenCredential):
    """Another's tokens, each asked for once: by the Azure CLI each takes a second."""

    credential: TokenCredential
    tokens: dict[tuple[str, ...], AccessToken] = field(default_factory=dict, repr=False)

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        known = self.tokens.get(scopes)
        if known is None or known.expires_on < time.time() + _SOON:
            known = self.tokens[scopes] = self.credential.get_token(*scopes, **options)
        return known


def token_of(actor: Actor, audience: str) -> str:
    """A token for `audience`."""
    return actor.credential.get_token(f"{audience}/.default").token


def claims_of(token: str) -> Mapping[str, Any]:
    """What it says; nothing is verified."""
    return dict(json.loads(urlsafe_b64decode(token.split(".")[1] + "===")))


def with_claims(token: str, **claims: Any) -> str:
    """It with these claims instead, under the signature that it had."""
    header, _, signature = token.split(".")
    return f"{header}.{encoded({**claims_of(token), **claims})}.{signature}"


def with_header(token: str, **header: str) -> str:
    """It under another header and the signature that it had."""
    return ".".join((encoded(header), *token.split(".")[1:]))


def with_another_signature(token: str) -> str:
    """As well formed as it was."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def encoded(value: Mapping[str, Any]) -> str:
    """As it stands in a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
