"""A credential whose tokens are asked for once, however many use it at a time."""

import time
from threading import Lock
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential

# An SDK's client asks anew for what ends sooner, in seconds.
_SOON = 300


class Kept:
    """Keeps what `credential` gives until it is about to end.

    The Azure CLI's credential starts a program for each token. Ten at a time take longer than each
    is given, and find one another's token cache half written.
    """

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._lock = Lock()
        self._tokens: dict[object, AccessToken] = {}

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """The token for `scopes`. Raises what the credential raises, and then keeps nothing."""
        asked = (scopes, options.get("claims"), options.get("tenant_id"))
        with self._lock:
            known = self._tokens.get(asked)
            if known is None or known.expires_on < time.time() + _SOON:
                known = self._tokens[asked] = self._credential.get_token(*scopes, **options)
            return known
