"""Refresh tokens: encrypted with a key of this state, so that no sign-in has to be stored."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.fernet import Fernet, InvalidToken

from sandbox.broken_files import BrokenFileError
from sandbox.entra.errors import OAuthError
from sandbox.state import State

_FILE = "refresh-token.key"

# A refresh token ends when it has not been used for 90 days; each use gives a new one.
# https://learn.microsoft.com/entra/identity-platform/refresh-tokens
LIFETIME = 90 * 24 * 60 * 60
_LONGEST = 4096

_PREFIX = "1."


class RefreshTokens:
    """Issues refresh tokens and reads them again, with a key that only the sandbox has."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        """`key` is one of Fernet's. Raises ValueError for any other."""
        self._fernet = Fernet(key)
        self._clock = clock

    @classmethod
    def kept_in(cls, state: State, clock: Callable[[], float] = time.time) -> "RefreshTokens":
        """Return those of the state's own key, made at first use. Raises BrokenFileError."""
        path = state.path(_FILE)
        if not path.exists():
            state.write(_FILE, Fernet.generate_key())
        try:
            return cls(path.read_bytes(), clock)
        except ValueError as error:
            raise BrokenFileError(path, "it holds no key") from error

    def issue(self, principal_id: str, client_id: str) -> str:
        """Return a refresh token with which `client_id` may get tokens of `principal_id`."""
        content = json.dumps([principal_id, client_id]).encode()
        return _PREFIX + self._fernet.encrypt_at_time(content, int(self._clock())).decode()

    def holder(self, token: str, client_id: str) -> str:
        """Return the id of the principal that signed in. Raises OAuthError invalid_grant."""
        encrypted = token.removeprefix(_PREFIX).encode("utf-8", "surrogatepass")[:_LONGEST]
        try:
            principal_id, owner = json.loads(self._fernet.decrypt(encrypted))
            issued_at = self._fernet.extract_timestamp(encrypted)
        except InvalidToken:
            raise _malformed() from None
        if owner != client_id:
            raise _malformed()
        if self._clock() - issued_at >= LIFETIME:
            raise _expired(issued_at)
        return str(principal_id)


def _malformed() -> OAuthError:
    """Text: AzureAD/azure-activedirectory-library-for-android#737"""
    text = "Authentication failed: Refresh Token is malformed or invalid."
    return OAuthError("invalid_grant", 70000, text, suberror="bad_token")


def _expired(issued_at: int) -> OAuthError:
    """Text: Azure/azure-sdk-for-python#26729"""
    when = datetime.fromtimestamp(issued_at, UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
    text = (
        f"The refresh token has expired due to inactivity. The token was issued on {when} "
        "and was inactive for 90.00:00:00."
    )
    return OAuthError("invalid_grant", 700082, text, suberror="bad_token")
