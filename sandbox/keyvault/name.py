"""Name: the operation that a request is, its resource, and the action that it requires.

The request target is parsed once, here, so that the store serves exactly the name that was decided
on. Names compare without case, as Azure's do. A target is understood to the last character, or
refused.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from sandbox.deployment import Vault
from sandbox.keyvault.errors import bad_parameter, method_not_allowed, no_such_collection
from sandbox.keyvault.request import Page, page_and_version_checked
from sandbox.rbac import Requirement
from sandbox.refusal import Refusal

# https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault
_SECRETS = "Microsoft.KeyVault/vaults/secrets"


@dataclass(frozen=True)
class Operation:
    """One operation, by the name in Azure's own log, and the data action that it requires."""

    name: str
    right: str

    @property
    def action(self) -> str:
        return f"{_SECRETS}/{self.right}"


GET = Operation("SecretGet", "getSecret/action")
SET = Operation("SecretSet", "setSecret/action")
UPDATE = Operation("SecretUpdate", "update/action")
DELETE = Operation("SecretDelete", "delete")
LIST = Operation("SecretList", "readMetadata/action")
LIST_VERSIONS = Operation("SecretListVersions", "readMetadata/action")
LIST_DELETED = Operation("SecretListDeleted", "readMetadata/action")
GET_DELETED = Operation("SecretGetDeleted", "readMetadata/action")
RECOVER = Operation("SecretRecover", "recover/action")
PURGE = Operation("SecretPurge", "purge/action")
BACKUP = Operation("SecretBackup", "backup/action")
RESTORE = Operation("SecretRestore", "restore/action")

# By method and path, where the path names no secret.
_OF_THE_VAULT = {
    ("GET", "secrets"): LIST,
    ("GET", "deletedsecrets"): LIST_DELETED,
    ("POST", "secrets", "restore"): RESTORE,
}

# What stands for a version behind a name; paths are looked up in lower case, so none is like it.
_ANY_VERSION = "VERSION"

# By method, collection, and what stands behind the name of a secret.
_OF_A_SECRET = {
    ("PUT", "secrets"): SET,
    ("GET", "secrets"): GET,
    ("GET", "secrets", _ANY_VERSION): GET,
    ("PATCH", "secrets"): UPDATE,
    ("PATCH", "secrets", _ANY_VERSION): UPDATE,
    ("DELETE", "secrets"): DELETE,
    ("GET", "secrets", "versions"): LIST_VERSIONS,
    ("POST", "secrets", "backup"): BACKUP,
    ("GET", "deletedsecrets"): GET_DELETED,
    ("DELETE", "deletedsecrets"): PURGE,
    ("POST", "deletedsecrets", "recover"): RECOVER,
}

_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_VERSION = re.compile(r"[0-9a-f]{32}")
_METHODS = frozenset({"GET", "PUT", "POST", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Named:
    """A request that is understood. `scope` is the resource id that the action is required on."""

    operation: Operation
    scope: str
    secret: str = ""
    version: str = ""
    page: Page = field(default_factory=Page)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return the right that the operation takes."""
        return (Requirement.of(self.scope, self.operation.action),)


def name(vault: Vault, method: str, target: str) -> Named:
    """Return the operation that `method` on the raw target is. Raises Refusal 400, 404 or 405."""
    if method not in _METHODS:
        raise method_not_allowed(method)
    path, _, query = target.partition("?")
    segments = _segments(path)
    page = page_and_version_checked(query)
    operation, secret, version = _understood(method, segments)
    scope = vault.secret_id(secret) if secret else vault.id
    return Named(operation, scope, secret, version, page)


def is_host_of(vault: Vault, host: str) -> bool:
    """Return whether a Host header names `vault`, on its own port."""
    return host.lower().removesuffix(":443") == vault.host.lower()


def _segments(path: str) -> list[str]:
    """Split, then decode, once each: an encoded slash never becomes a separator."""
    if not path.startswith("/") or "#" in path:
        raise _invalid_name(path)
    pieces = path[1:].removesuffix("/").split("/")
    return [_decoded(each) for each in pieces]


def _decoded(piece: str) -> str:
    try:
        return unquote_to_bytes(piece).decode("ascii")
    except UnicodeError:
        raise _invalid_name(piece) from None


def _understood(method: str, segments: list[str]) -> tuple[Operation, str, str]:
    """Return the operation, and the secret's name and version, which may be empty."""
    collection, *rest = (segments[0].lower(), *segments[1:])
    if collection not in {"secrets", "deletedsecrets"}:
        raise no_such_collection()
    words = [each.lower() for each in rest]
    of_the_vault = _OF_THE_VAULT.get((method, collection, *words))
    if of_the_vault is not None:
        return of_the_vault, "", ""
    if not rest:
        raise method_not_allowed(method)
    secret, behind = _checked(rest[0]), words[1:]
    version = "".join(behind) if len(behind) == 1 and _VERSION.fullmatch(behind[0]) else ""
    shape = (method, collection, _ANY_VERSION) if version else (method, collection, *behind)
    operation = _OF_A_SECRET.get(shape) or _none(method, "/".join(rest[1:]))
    return operation, secret, version


def _checked(secret: str) -> str:
    if not _NAME.fullmatch(secret):
        raise _invalid_name(secret)
    return secret


def _invalid_name(found: str) -> Refusal:
    shown = found.encode("utf-8", "replace").decode()
    message = f"The request URI contains an invalid name: {shown}"
    return bad_parameter(message, "the request URI contains an invalid name")


def _none(method: str, operation: str) -> NoReturn:
    message = f"Method {method} does not allow operation '{operation}'"
    raise bad_parameter(message, f"{method} does not allow this operation")
