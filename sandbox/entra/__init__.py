"""Entra on a laptop: issues tokens, publishes its key, and verifies what callers show."""

from sandbox.entra.audiences import (
    BLOB,
    BUS,
    BUS_AUDIENCES,
    MANAGEMENT,
    VAULT,
    VAULT_AUDIENCES,
    blob_audiences,
    issued_for,
)
from sandbox.entra.issuer import AccessToken, Issuer
from sandbox.entra.keys import SigningKey
from sandbox.entra.verifier import Caller, Reason, TokenRefused, Verifier

__all__ = [
    "BLOB",
    "BUS",
    "BUS_AUDIENCES",
    "MANAGEMENT",
    "VAULT",
    "VAULT_AUDIENCES",
    "AccessToken",
    "Caller",
    "Issuer",
    "Reason",
    "SigningKey",
    "TokenRefused",
    "Verifier",
    "blob_audiences",
    "issued_for",
]
