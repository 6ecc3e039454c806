"""The recorded answers of Key Vault, and the request that each row answers.

The headers are those of 2026; answers of earlier years alone (2021, 2022) had them, too, and an
x-ms-keyvault-rbac-cache beside. Sanitizers take request ids out of the recordings of 2026.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.recorded.comparison import words
from tests.recorded.rows import Row
from tests.recorded.vault.place import Place

_PYTHON = "Azure/azure-sdk-assets (ce6da959, 2026-05) azure-keyvault-secrets test_samples_secrets"
_JS = "Azure/azure-sdk-for-js sdk/keyvault/keyvault-secrets/recordings/node"
_NET = "Azure/azure-sdk-for-net Azure.Security.KeyVault.Secrets/tests/SessionRecords"

_STANDARD = words(
    "cache-control pragma expires date strict-transport-security x-content-type-options "
    "x-ms-keyvault-region x-ms-keyvault-service-version x-ms-keyvault-network-info "
    "x-ms-client-request-id x-ms-request-id"
)
_JSON = words("content-type content-length")
_DECIDED = words("x-ms-keyvault-rbac-assignment-id")

_ERROR = words("error error.code error.message")
_INNER = _ERROR | words("error.innererror error.innererror.code")
_ATTRIBUTES = words(
    "attributes attributes.enabled attributes.created attributes.updated attributes.recoveryLevel "
    "attributes.recoverableDays"
)
_SECRET = words("id") | _ATTRIBUTES
_DELETED = _SECRET | words("recoveryId deletedDate scheduledPurgeDate")

Step = Callable[[Place], None]


@dataclass(frozen=True)
class Asked:
    """A row and its request. `{name}` in the path is a secret of the row's own.

    `who` is "role" for a caller with every right, "none" for one without a role, and empty for
    one without a token.
    """

    row: Row
    method: str
    path: str
    body: Any = None
    who: str = "role"
    given: tuple[Step, ...] = field(default=())


def _row(
    name: str, status: int, code: str, keys: frozenset[str], source: str, *more: frozenset[str]
) -> Row:
    headers = _STANDARD.union(_JSON if keys else (), *more)
    return Row(name, status, code, headers, keys, source)


def _items(keys: frozenset[str]) -> frozenset[str]:
    """The keys of a list's answer, whose items have these."""
    return words("value nextLink") | {f"value[].{each}" for each in keys}


_VALUE: Mapping[str, Any] = {"value": "secret-value"}

ROWS = (
    Asked(
        _row("GET a secret without a token", 401, "Unauthorized", _ERROR, f"{_PYTHON} crud",
             words("www-authenticate")),
        "GET", "/secrets/{name}", who="", given=(Place.make,),
    ),
    Asked(
        _row("PUT a secret without a token", 401, "Unauthorized", _ERROR, f"{_PYTHON} crud",
             words("www-authenticate")),
        "PUT", "/secrets/{name}", _VALUE, who="",
    ),
    Asked(
        _row("GET a secret without a role", 403, "Forbidden/ForbiddenByRbac", _INNER,
             "piyushsachdeva/Terraform_AKS#2"),
        "GET", "/secrets/{name}", who="none", given=(Place.make,),
    ),
    Asked(
        _row("GET a secret that does not exist, without a role", 403, "Forbidden/ForbiddenByRbac",
             _INNER, "piyushsachdeva/Terraform_AKS#2"),
        "GET", "/secrets/{name}", who="none",
    ),
    Asked(
        _row("PUT a new secret", 200, "", _SECRET | words("value"), f"{_PYTHON} crud", _DECIDED),
        "PUT", "/secrets/{name}", _VALUE,
    ),
    Asked(
        _row("PUT a new secret that expires", 200, "",
             _SECRET | words("value attributes.exp"), f"{_PYTHON} crud", _DECIDED),
        "PUT", "/secrets/{name}", {**_VALUE, "attributes": {"exp": 2527401600}},
    ),
    Asked(
        _row("PUT an empty value", 200, "", _SECRET | words("value"),
             f"{_JS} can_set_a_secret_with_empty_value (b193b867, 2022-11)", _DECIDED),
        "PUT", "/secrets/{name}", {"value": ""},
    ),
    Asked(
        _row("PUT without a name", 405, "MethodNotAllowed", _ERROR,
             f"{_JS} cannot_create_a_secret_with_an_empty_name (58cba042, 2022-11)"),
        "PUT", "/secrets/", _VALUE,
    ),
    Asked(
        _row("PUT a secret whose name is deleted", 409, "Conflict/ObjectIsDeletedButRecoverable",
             _INNER, "ironmansoftware/powershell-universal#1990 (2023-01)", _DECIDED),
        "PUT", "/secrets/{name}", _VALUE, given=(Place.make, Place.delete),
    ),
    Asked(
        _row("GET a secret", 200, "", _SECRET | words("value"), f"{_PYTHON} crud", _DECIDED),
        "GET", "/secrets/{name}/", given=(Place.make,),
    ),
    Asked(
        _row("GET one version of a secret", 200, "", _SECRET | words("value"), f"{_PYTHON} crud",
             _DECIDED),
        "GET", "/secrets/{name}/{version}", given=(Place.make,),
    ),
    Asked(
        _row("GET a secret that does not exist", 404, "SecretNotFound", _ERROR,
             f"{_PYTHON} recover", _DECIDED),
        "GET", "/secrets/{name}/",
    ),
    Asked(
        _row("GET a disabled secret", 403, "Forbidden/SecretDisabled", _INNER,
             f"{_JS} cant_get_a_disabled_secret (aae9f4a8, 2022-11)", _DECIDED),
        "GET", "/secrets/{name}", given=(Place.make, Place.disable),
    ),
    Asked(
        _row("PATCH a secret", 200, "", _SECRET | words("contentType tags tags.foo"),
             f"{_PYTHON} crud", _DECIDED),
        "PATCH", "/secrets/{name}/", {"contentType": "text/plain", "tags": {"foo": "updated tag"}},
        given=(Place.make,),
    ),
    Asked(
        _row("GET the secrets", 200, "", _items(_SECRET), f"{_PYTHON} list", _DECIDED),
        "GET", "/secrets", given=(Place.only,),
    ),
    Asked(
        _row("GET the versions of a secret that does not exist", 200, "", _items(frozenset()),
             f"{_JS} can_list_secret_versions_non_existing (718a4944, 2022-11)", _DECIDED),
        "GET", "/secrets/{name}/versions",
    ),
    Asked(
        _row("POST a backup of a secret", 200, "", words("value"), f"{_PYTHON} backup_restore",
             _DECIDED),
        "POST", "/secrets/{name}/backup", given=(Place.make,),
    ),
    Asked(
        _row("POST a backup to be restored", 200, "", _SECRET, f"{_PYTHON} backup_restore",
             _DECIDED),
        "POST", "/secrets/restore", {"value": "{backup}"},
        given=(Place.make, Place.back_up, Place.delete, Place.purge),
    ),
    Asked(
        _row("POST nonsense to be restored", 400, "Malformed backup blob", _ERROR,
             f"{_NET} RestoreMalformedBackup (003bc021, 2021-02)", _DECIDED),
        "POST", "/secrets/restore", {"value": "bm9uLWV4aXN0aW5n"},
    ),
    Asked(
        _row("DELETE a secret", 200, "", _DELETED, f"{_PYTHON} recover", _DECIDED),
        "DELETE", "/secrets/{name}", given=(Place.make,),
    ),
    Asked(
        _row("GET a deleted secret", 200, "", _DELETED, f"{_PYTHON} recover", _DECIDED),
        "GET", "/deletedsecrets/{name}", given=(Place.make, Place.delete),
    ),
    Asked(
        _row("GET a deleted secret that does not exist", 404, "SecretNotFound", _ERROR,
             f"{_PYTHON} crud", _DECIDED),
        "GET", "/deletedsecrets/{name}", given=(Place.make,),
    ),
    Asked(
        _row("POST a recovery of a deleted secret", 200, "", _SECRET, f"{_PYTHON} recover",
             _DECIDED),
        "POST", "/deletedsecrets/{name}/recover", given=(Place.make, Place.delete),
    ),
    Asked(
        _row("DELETE a deleted secret", 204, "", frozenset(), f"{_PYTHON} backup_restore",
             _DECIDED),
        "DELETE", "/deletedsecrets/{name}", given=(Place.make, Place.delete),
    ),
    Asked(
        _row("DELETE a deleted secret under purge protection", 403, "Forbidden", _ERROR,
             "a live answer of 2022 (reported)", _DECIDED),
        "DELETE", "/deletedsecrets/{name}", given=(Place.make, Place.delete, Place.protect),
    ),
)  # fmt: skip
