"""Tokens as whoever acts gets them, and what a forger would make of one."""

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
    """What it says; nothing is verified."""
    return dict(json.loads(urlsafe_b64decode(token.split(".")[1] + "===")))


def with_claims(token: str, **claims: Any) -> str:
    """It with these claims instead, under the signature that it had."""
    header, _, signature = token.split(".")
    return f"{header}.{encoded({**claims_of(token), **claims})}.{signature}"


def with_header(token: str, **header: str) -> str:
    """It under another header and the signature that it had."""
    return ".".join((encoded(header), *token.split(".")[1:]))


def encoded(value: Mapping[str, Any]) -> str:
    """As it stands in a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
