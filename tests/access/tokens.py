"""Tokens of an actor, and forged variants of one."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from local.questions.asker import STORAGE, token_for, with_wrong_signature
from tests.access.actor import Actor

__all__ = ["STORAGE", "with_wrong_signature"]

VAULT = "https://vault.azure.net"
BUS = "https://servicebus.azure.net"
SOMEBODY_ELSE = "00000000-0000-4000-8000-000000000001"


def token_of(actor: Actor, audience: str) -> str:
    """A token for `audience`."""
    return token_for(actor.credential, audience)


def claims_of(token: str) -> Mapping[str, Any]:
    """Return the claims of a token, unverified."""
    return dict(json.loads(urlsafe_b64decode(token.split(".")[1] + "===")))


def with_claims(token: str, **claims: Any) -> str:
    """Return the token with these claims instead, under its old signature."""
    header, _, signature = token.split(".")
    return f"{header}.{encoded({**claims_of(token), **claims})}.{signature}"


def with_header(token: str, **header: str) -> str:
    """Return the token under another header and its old signature."""
    return ".".join((encoded(header), *token.split(".")[1:]))


def encoded(value: Mapping[str, Any]) -> str:
    """Return a JSON object encoded as a part of a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
