"""Secrets as Key Vault shows them: bundles, and the items of lists. Times are epoch seconds.

https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#secretbundle
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.deployment import Vault
from sandbox.keyvault.query import Page, cursor
from sandbox.keyvault.secret import DeletedSecret, SecretVersion

Json = Mapping[str, Any]

_LONGEST_RETENTION = 90


def bundle(vault: Vault, secret: SecretVersion, value: str | None = None) -> dict[str, Any]:
    """One version; with its value only where that was asked for."""
    shown = {} if value is None else {"value": value}
    return shown | _described(vault, secret, f"{secret.name}/{secret.version}")


def item(vault: Vault, secret: SecretVersion) -> dict[str, Any]:
    """A secret in a list, by its latest version, which is not named."""
    return _described(vault, secret, secret.name)


def version_item(vault: Vault, secret: SecretVersion) -> Json:
    """A version in a list."""
    return _described(vault, secret, f"{secret.name}/{secret.version}")


def deleted_bundle(vault: Vault, secret: DeletedSecret) -> Json:
    """A deleted secret; never with its value."""
    return _deletion(vault, secret) | bundle(vault, secret.latest)


def deleted_item(vault: Vault, secret: DeletedSecret) -> Json:
    """A deleted secret in a list."""
    return _deletion(vault, secret) | item(vault, secret.latest)


def listed(vault: Vault, path: str, page: Page, items: Sequence[Json], go_on: str | None) -> Json:
    """A page, and the link to the one that begins behind `go_on`, as Azure's with a port."""
    if go_on is None:
        return {"value": items, "nextLink": None}
    query = f"api-version={page.api_version}&$skiptoken={cursor(go_on)}&maxresults={page.length}"
    return {"value": items, "nextLink": f"https://{vault.host}:443/{path}?{query}"}


def recovery_level(vault: Vault) -> str:
    """What becomes of a deleted secret in this vault."""
    longest = vault.retention.days == _LONGEST_RETENTION
    level = "Recoverable" if longest else "CustomizedRecoverable"
    return level if vault.purge_protection else f"{level}+Purgeable"


def _described(vault: Vault, secret: SecretVersion, path: str) -> dict[str, Any]:
    said = secret.properties
    described: dict[str, Any] = {"contentType": said.content_type}
    described["id"] = f"https://{vault.host}/secrets/{path}"
    described["attributes"] = _attributes(vault, secret)
    described["tags"] = dict(said.tags) if said.tags is not None else None
    return {key: value for key, value in described.items() if value is not None}


def _attributes(vault: Vault, secret: SecretVersion) -> Json:
    said = secret.properties
    attributes = {
        "enabled": secret.enabled,
        "nbf": said.not_before,
        "exp": said.expires,
        "created": secret.created,
        "updated": secret.updated,
        "recoveryLevel": recovery_level(vault),
        "recoverableDays": vault.retention.days,
    }
    return {key: value for key, value in attributes.items() if value is not None}


def _deletion(vault: Vault, secret: DeletedSecret) -> dict[str, Any]:
    return {
        "recoveryId": f"https://{vault.host}/deletedsecrets/{secret.latest.name}",
        "deletedDate": secret.deleted,
        "scheduledPurgeDate": secret.purged,
    }
