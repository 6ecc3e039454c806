"""The codes of a sign-in by device code: one that a program polls with, one that a person enters.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.deployment import Principal
from sandbox.entra.errors import OAuthError, unavailable

# In seconds. Entra asks for 5 between two polls; here there is one client to be served.
LIFETIME = 15 * 60
INTERVAL = 1

_LENGTH = 9
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another
# Any program may ask for codes, and each waits for a quarter of an hour.
_AT_MOST = 500


class UnknownCodeError(LookupError):
    """A code that no program waits for; the message is a sentence for the person."""


@dataclass(frozen=True)
class Waiting:
    """A program that waits for a user to sign in. `expires_at` is in seconds since the epoch."""

    user_code: str
    client_id: str
    scope: str
    expires_at: float
    user: Principal | None = None
    declined: bool = False


class DeviceCodes:
    """The programs that wait for a sign-in; forgotten when the sandbox ends."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._waiting: dict[str, Waiting] = {}

    def begin(self, client_id: str, scope: str) -> tuple[str, Waiting]:
        """Return a new device code, and its program. Raises OAuthError if too many wait.

        A sign-in that waits is never given up for a new one.
        """
        if len(self._waiting) >= _AT_MOST:
            self._forget_expired()
        if len(self._waiting) >= _AT_MOST:
            raise unavailable(
                f"{_AT_MOST} sign-ins by device code wait already; each ends after 15 minutes"
            )
        device_code = secrets.token_urlsafe(48)
        user_code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
        once_each = " ".join(dict.fromkeys(scope.split()))
        waiting = Waiting(user_code, client_id, once_each, self._clock() + LIFETIME)
        self._waiting[_hidden(device_code)] = waiting
        return device_code, waiting

    def approve(self, user_code: str, user: Principal) -> Waiting:
        """Sign `user` in to the program that shows `user_code`. Raises UnknownCodeError."""
        return self._decide(user_code, user=user)

    def decline(self, user_code: str) -> Waiting:
        """Turn away the program that shows `user_code`. Raises UnknownCodeError."""
        return self._decide(user_code, declined=True)

    def redeem(self, device_code: str, client_id: str) -> tuple[Principal, str]:
        """Return the user that has signed in, and the scope, once. Raises OAuthError."""
        key = _hidden(device_code)
        waiting = self._waiting.get(key)
        if waiting is None or waiting.client_id != client_id:
            raise _unknown()
        if self._is_over(waiting):
            raise _expired()
        if waiting.declined:
            raise _declined()
        if waiting.user is None:
            raise _pending()
        del self._waiting[key]
        return waiting.user, waiting.scope

    def _decide(
        self, user_code: str, user: Principal | None = None, declined: bool = False
    ) -> Waiting:
        wanted = user_code.strip().upper()
        for key, waiting in self._waiting.items():
            decided = waiting.declined or waiting.user is not None
            if waiting.user_code == wanted and not decided:
                if self._is_over(waiting):
                    raise UnknownCodeError(f"The code {wanted} has expired; ask for a new one.")
                self._waiting[key] = replace(waiting, user=user, declined=declined)
                return self._waiting[key]
        raise UnknownCodeError(f"Nothing waits for the code {wanted or '(none)'}.")

    def _forget_expired(self) -> None:
        self._waiting = {
            key: waiting for key, waiting in self._waiting.items() if not self._is_over(waiting)
        }

    def _is_over(self, waiting: Waiting) -> bool:
        return self._clock() >= waiting.expires_at


def _hidden(device_code: str) -> str:
    return hashlib.sha256(device_code.encode("utf-8", "surrogatepass")).hexdigest()


def _pending() -> OAuthError:
    """Text: toblum/ESPTeamsPresence#49"""
    return OAuthError(
        "authorization_pending",
        70016,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
    )


def _declined() -> OAuthError:
    return OAuthError(
        "authorization_declined",
        70018,
        "Invalid verification code. The end user has denied the authorization.",
    )


def _unknown() -> OAuthError:
    return OAuthError(
        "bad_verification_code",
        70018,
        "The provided value for the input parameter 'device_code' is not valid.",
    )


def _expired() -> OAuthError:
    """Text: Azure/azure-cli#22251"""
    return OAuthError(
        "expired_token",
        70020,
        "The provided value for the input parameter 'device_code' is not valid. "
        "This device code has expired.",
    )
