"""A credential that caches its tokens and is safe to share between threads."""

import time
from threading import Lock
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential

# The SDKs' clients ask again for a token that expires sooner, in seconds.
_SOON = 300


class CachedCredential:
    """Caches the tokens of `credential` until they are about to expire.

    The Azure CLI's credential starts a program for each token. Ten at a time run into its timeout
    and read each other's half-written token cache.
    """

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._lock = Lock()
        self._tokens: dict[object, AccessToken] = {}

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for `scopes`. Raises the credential's errors, which are not cached."""
        asked = (scopes, options.get("claims"), options.get("tenant_id"))
        with self._lock:
            known = self._tokens.get(asked)
            if known is None or known.expires_on < time.time() + _SOON:
                known = self._tokens[asked] = self._credential.get_token(*scopes, **options)
            return known
