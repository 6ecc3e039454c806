"""Tokens as an SDK gets them, and one that nobody signed."""

from azure.core.credentials import TokenCredential

STORAGE = "https://storage.azure.com"


def token_for(credential: TokenCredential, audience: str) -> str:
    """Return a token for `audience`. Raises ClientAuthenticationError."""
    return credential.get_token(f"{audience}/.default").token


def with_another_signature(token: str) -> str:
    """Return the token, as well formed as it was, under a signature that is wrong."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
