"""A developer's sign-in by device code, stored where only this container can read it."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AuthenticationRecord,
    AuthenticationRequiredError,
    DeviceCodeCredential,
    TokenCachePersistenceOptions,
)

log = logging.getLogger(__name__)

_ANY_SCOPE = "https://management.azure.com/.default"
_PAUSE = 10.0
# The SDK's module that logs a warning for each token that needs an interactive sign-in.
_SDK_LOG = logging.getLogger("azure.identity._internal.interactive")


class NotSignedInError(RuntimeError):
    """There is no sign-in, or it has expired."""


class Credential(Protocol):
    """The used part of DeviceCodeCredential: only `authenticate` prompts the user."""

    def get_token(self, *scopes: str) -> AccessToken: ...
    def authenticate(self, *, scopes: list[str]) -> AuthenticationRecord: ...


class SignIn:
    """Prompts for a sign-in, again whenever it expires, in its own thread."""

    def __init__(
        self, credential: Credential, record: Path, probe: str = _ANY_SCOPE, pause: float = _PAUSE
    ) -> None:
        """`record` stores the account; `pause` is the time between attempts, in seconds."""
        self._credential = credential
        self._record = record
        self._probe = probe
        self._pause = pause
        # msal-extensions reads a cache as empty while another thread is writing the file.
        self._one_at_a_time = threading.Lock()
        self._signed_in = threading.Event()
        self._needed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sign-in", daemon=True)

    @property
    def signed_in(self) -> bool:
        """Return whether tokens are available."""
        return self._signed_in.is_set()

    def start(self) -> None:
        """Start the thread."""
        self._needed.set()
        self._thread.start()

    def stop(self) -> None:
        """Stop prompting; an open prompt ends with the process."""
        self._stopping.set()
        self._needed.set()

    def token(self, scope: str) -> AccessToken:
        """Return a token for `scope`. Raises NotSignedInError or ClientAuthenticationError."""
        if not self.signed_in:
            raise NotSignedInError("there is no sign-in")
        try:
            return self._silently(scope)
        except AuthenticationRequiredError as error:
            self._signed_in.clear()
            self._needed.set()
            raise NotSignedInError("the sign-in has expired") from error

    def _silently(self, scope: str) -> AccessToken:
        with self._one_at_a_time:
            return self._credential.get_token(scope)

    def _run(self) -> None:
        while self._needed.wait() and not self._stopping.is_set():
            try:
                self._sign_in()
            except ClientAuthenticationError as error:
                log.warning("The sign-in failed: %s", error.message)
                self._stopping.wait(self._pause)
            else:
                self._needed.clear()
                self._signed_in.set()
                log.info("Signed in; the services get their tokens.")

    def _sign_in(self) -> None:
        try:
            self._silently(self._probe)
        except AuthenticationRequiredError:
            record = self._credential.authenticate(scopes=[self._probe])
            self._record.touch(mode=0o600)
            self._record.write_text(record.serialize(), "utf-8")


def open_credential(tenant: str, record: Path) -> DeviceCodeCredential:
    """Open the developer's credential, which prompts only in `authenticate`.

    An earlier sign-in is reused. The tokens are in the cache of this container's user, readable by
    that user only.
    """
    _SDK_LOG.addFilter(_asks_for_no_sign_in)
    known = AuthenticationRecord.deserialize(record.read_text("utf-8")) if record.exists() else None
    return DeviceCodeCredential(
        tenant_id=tenant,
        authentication_record=known,
        cache_persistence_options=TokenCachePersistenceOptions(
            name="keyless", allow_unencrypted_storage=True
        ),
        disable_automatic_authentication=True,
        prompt_callback=prompt(print),
    )


def prompt(say: Callable[[str], object]) -> Callable[[str, str, datetime], None]:
    """Return the callback that asks a developer to sign in."""

    def ask(address: str, code: str, until: datetime) -> None:
        say(f"To sign in, open {address} and enter the code {code} (until {until:%H:%M} UTC).")

    return ask


def _asks_for_no_sign_in(record: logging.LogRecord) -> bool:
    """Drop the SDK's warning that a sign-in is required; keep all others.

    It says "get_token failed", which reads as an error. The line with the code follows at once.
    """
    given = record.args if isinstance(record.args, tuple) else ()
    return not any(isinstance(each, AuthenticationRequiredError) for each in given)
