"""The headers of an answer, and secrets as JSON. Times are epoch seconds.

Headers: Azure/azure-sdk-assets (ce6da959, 2026-05), azure-keyvault-secrets: test_samples_secrets.
Until 2022 there was one more, x-ms-keyvault-rbac-cache, and the assignment's id had hyphens.
Secrets: https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#secretbundle
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.deployment import Vault
from sandbox.keyvault.request import Page, cursor
from sandbox.keyvault.secret import DeletedSecret, SecretVersion
from sandbox.rbac import Allowed

Json = Mapping[str, Any]

_LONGEST_RETENTION = 90
_CLIENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_STANDARD = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "x-ms-keyvault-service-version": "1.9.3347.1",
    "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
}


def headers(vault: Vault, client_request_id: str) -> dict[str, str]:
    """Return the headers of every answer, with the client's own request id if it is legal."""
    made = {"x-ms-keyvault-region": vault.location, "x-ms-request-id": str(uuid.uuid4())}
    if _CLIENT_ID.fullmatch(client_request_id):
        made["x-ms-client-request-id"] = client_request_id
    return _STANDARD | made


def headers_of_decision(allowed: Allowed) -> Mapping[str, str]:
    """Return the header with the assignment that allowed it: 32 hexadecimal digits."""
    assignment = allowed.assignment.id.rpartition("/")[2]
    return {"x-ms-keyvault-rbac-assignment-id": assignment.replace("-", "")}


def bundle(vault: Vault, secret: SecretVersion, value: str | None = None) -> dict[str, Any]:
    """Return a version; with its value only where that was asked for."""
    shown = {} if value is None else {"value": value}
    return shown | _described(vault, secret, f"{secret.name}/{secret.version}")


def item(vault: Vault, secret: SecretVersion) -> dict[str, Any]:
    """Return a secret in a list, by its latest version, which is not named."""
    return _described(vault, secret, secret.name)


def version_item(vault: Vault, secret: SecretVersion) -> Json:
    """Return a version in a list."""
    return _described(vault, secret, f"{secret.name}/{secret.version}")


def deleted_bundle(vault: Vault, secret: DeletedSecret) -> Json:
    """Return a deleted secret, without its value."""
    return _deletion(vault, secret) | bundle(vault, secret.latest)


def deleted_item(vault: Vault, secret: DeletedSecret) -> Json:
    """Return a deleted secret in a list."""
    return _deletion(vault, secret) | item(vault, secret.latest)


def listed(vault: Vault, path: str, page: Page, items: Sequence[Json], last: str | None) -> Json:
    """Return a page, and the link to the one behind `last`, as Azure's with a port."""
    if last is None:
        return {"value": items, "nextLink": None}
    query = f"api-version={page.api_version}&$skiptoken={cursor(last)}&maxresults={page.length}"
    return {"value": items, "nextLink": f"https://{vault.host}:443/{path}?{query}"}


def recovery_level(vault: Vault) -> str:
    """Return Azure's name for the vault's rules about deleted secrets."""
    longest = vault.retention.days == _LONGEST_RETENTION
    level = "Recoverable" if longest else "CustomizedRecoverable"
    return level if vault.purge_protection else f"{level}+Purgeable"


def _described(vault: Vault, secret: SecretVersion, path: str) -> dict[str, Any]:
    properties = secret.properties
    described: dict[str, Any] = {"contentType": properties.content_type}
    described["id"] = f"https://{vault.host}/secrets/{path}"
    described["attributes"] = _attributes(vault, secret)
    described["tags"] = dict(properties.tags) if properties.tags is not None else None
    return {key: value for key, value in described.items() if value is not None}


def _attributes(vault: Vault, secret: SecretVersion) -> Json:
    properties = secret.properties
    attributes = {
        "enabled": secret.enabled,
        "nbf": properties.not_before,
        "exp": properties.expires,
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
