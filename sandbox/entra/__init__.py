"""Entra on a laptop: issues tokens, publishes its key, and verifies the tokens of callers."""

from sandbox.entra.audiences import (
    BLOB,
    BUS,
    BUS_AUDIENCES,
    GRAPH,
    GRAPH_AUDIENCES,
    MANAGEMENT,
    MANAGEMENT_AUDIENCES,
    MONITOR,
    MONITOR_AUDIENCES,
    RESOURCES,
    VAULT,
    VAULT_AUDIENCES,
    blob_audiences,
    issued_for,
)
from sandbox.entra.device_codes import DeviceCodes
from sandbox.entra.federation import Federation
from sandbox.entra.id_tokens import IdTokens
from sandbox.entra.issuer import AccessToken, Issuer, Lifetimes
from sandbox.entra.keys import SigningKey
from sandbox.entra.refresh_tokens import RefreshTokens
from sandbox.entra.sign_in import SignIn
from sandbox.entra.verifier import (
    Caller,
    Reason,
    TokenRefused,
    Verifier,
    bearer_token,
    scheme_and_token,
)

__all__ = [
    "BLOB",
    "BUS",
    "BUS_AUDIENCES",
    "GRAPH",
    "GRAPH_AUDIENCES",
    "MANAGEMENT",
    "MANAGEMENT_AUDIENCES",
    "MONITOR",
    "MONITOR_AUDIENCES",
    "RESOURCES",
    "VAULT",
    "VAULT_AUDIENCES",
    "AccessToken",
    "Caller",
    "DeviceCodes",
    "Federation",
    "IdTokens",
    "Issuer",
    "Lifetimes",
    "Reason",
    "RefreshTokens",
    "SignIn",
    "SigningKey",
    "TokenRefused",
    "Verifier",
    "bearer_token",
    "blob_audiences",
    "issued_for",
    "scheme_and_token",
]
