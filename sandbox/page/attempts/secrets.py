"""Requests to Key Vault: on the deployment's secrets, and on one that does not exist."""

from collections.abc import Iterator
from dataclasses import replace

from sandbox.deployment import Vault
from sandbox.entra import VAULT
from sandbox.keyvault.name import (
    BACKUP,
    DELETE,
    GET,
    LIST,
    LIST_VERSIONS,
    PURGE,
    RECOVER,
    SET,
    UPDATE,
    Operation,
)
from sandbox.page.attempts.attempt import Attempt
from sandbox.rbac import Requirement

# A secret that a deployment does not have: a right on one secret is none on it.
ANOTHER = "another-secret"
_API = "api-version=7.4"
_JSON = {"Content-Type": "application/json"}
# A body without a value: the vault decides, and then has nothing to set.
_NOTHING = b"{}"
_NO_VERSION = "0" * 32
_DISTURBS = "it would take the secret from the services that use it"
_OF_DELETED = "it would change a secret that is deleted"


def of_vault(vault: Vault) -> Iterator[Attempt]:
    """Yield the requests on a vault and on its secrets."""
    yield _asked(vault, "list the secrets", LIST, vault.id, "GET /secrets")
    names = [each.name for each in vault.secrets]
    for name in names:
        yield from _of_secret(vault, name)
    if ANOTHER not in names:
        for each in _of_secret(vault, ANOTHER):
            yield replace(each, harm="")  # it does not exist


def _of_secret(vault: Vault, name: str) -> Iterator[Attempt]:
    path, deleted = f"/secrets/{name}", f"/deletedsecrets/{name}"
    for verb, operation, line, harm in (
        ("read a secret", GET, f"GET {path}", ""),
        ("list a secret's versions", LIST_VERSIONS, f"GET {path}/versions", ""),
        ("set a secret", SET, f"PUT {path}", ""),
        ("update a secret", UPDATE, f"PATCH {path}/{_NO_VERSION}", ""),
        ("back up a secret", BACKUP, f"POST {path}/backup", ""),
        ("delete a secret", DELETE, f"DELETE {path}", _DISTURBS),
        ("purge a secret", PURGE, f"DELETE {deleted}", _OF_DELETED),
        ("recover a secret", RECOVER, f"POST {deleted}/recover", _OF_DELETED),
    ):
        yield replace(_asked(vault, verb, operation, vault.secret_id(name), line), harm=harm)


def _asked(vault: Vault, verb: str, operation: Operation, scope: str, line: str) -> Attempt:
    method, path = line.split()
    has_body = method in {"PUT", "PATCH"}
    return Attempt(
        verb,
        Requirement.of(scope, operation.action),
        VAULT,
        vault.host,
        method,
        path=f"{path}?{_API}",
        headers=_JSON if has_body else {},
        body=_NOTHING if has_body else None,
    )
