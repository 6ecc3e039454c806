"""Key Vault by its SDK: reads of a secret, and the denial of one."""

from functools import cache

from azure.keyvault.secrets import SecretClient

from bench.client.work import Work, credential, timed, timed_denials, transport


@cache
def _vault(url: str) -> SecretClient:
    return SecretClient(url, credential(), transport=transport())


def get(url: str, secret: str, times: int, width: int) -> float:
    """Read a secret, without a cache."""
    vault = _vault(url)
    return timed(lambda _: vault.get_secret(secret), times, width)


def denied(url: str, secret: str, times: int) -> list[float]:
    """Return the seconds until each read is refused. Raises ValueError if one is not."""
    vault = _vault(url)
    return timed_denials(lambda: vault.get_secret(secret), times)


WORK: dict[str, Work] = {"secret-get": get, "secret-denied": denied}
