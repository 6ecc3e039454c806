"""Key Vault by its SDK: reads of a secret, and the denial of one."""

import time
from functools import cache

from azure.core.exceptions import HttpResponseError
from azure.keyvault.secrets import SecretClient

from bench.client.work import Work, credential, timed, transport


@cache
def _vault(url: str) -> SecretClient:
    return SecretClient(url, credential(), transport=transport())


def get(url: str, secret: str, times: int, width: int) -> float:
    """Read a secret, without a cache."""
    vault = _vault(url)
    return timed(lambda _: vault.get_secret(secret), times, width)


def denied(url: str, secret: str, times: int) -> list[float]:
    """Return the seconds until each read is refused. Raises ValueError if one is not."""
    vault, found = _vault(url), []
    for _ in range(times):
        begun = time.perf_counter()
        try:
            vault.get_secret(secret)
        except HttpResponseError as error:
            found.append(time.perf_counter() - begun)
            if error.status_code != 403:
                raise
        else:
            raise ValueError("what had to be denied was allowed")
    return found


WORK: dict[str, Work] = {"secret-get": get, "secret-denied": denied}
