"""A cached secret of Key Vault: refreshed when it is refused, kept while the vault is down."""

import logging
import random
import threading
import time
from collections.abc import Callable

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.keyvault.secrets import SecretClient

log = logging.getLogger(__name__)


class CachedSecret:
    """The current version of one secret, for any number of threads."""

    def __init__(
        self,
        client: SecretClient,
        name: str,
        max_age: float = 600,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._name = name
        self._max_age = max_age
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._expires = 0.0

    def get(self) -> str:
        """Return the secret, at most about `max_age` seconds old; raises AzureError."""
        with self._lock:
            if self._value is None or self._clock() >= self._expires:
                return self._read()
            return self._value

    def refresh(self, refused: str) -> str:
        """Return a newer secret than the `refused` one, if any; raises AzureError."""
        with self._lock:
            if self._value is not None and self._value != refused:
                return self._value  # another thread has refreshed it
            return self._read()

    def _read(self) -> str:
        try:
            self._value = self._client.get_secret(self._name).value or ""
            self._keep(self._max_age)
        except (ServiceRequestError, ServiceResponseError, HttpResponseError) as error:
            if self._value is None or not _vault_is_down(error):
                raise
            log.warning("The vault is down, so the cached secret is used: %s", error)
            self._keep(self._max_age / 20)
        return self._value

    def _keep(self, age: float) -> None:
        # Jitter: replicas that started together should not keep asking together.
        self._expires = self._clock() + age * random.uniform(0.8, 1.0)  # noqa: S311


def _vault_is_down(error: Exception) -> bool:
    if not isinstance(error, HttpResponseError):
        return True
    return error.status_code == 429 or (error.status_code or 500) >= 500
