"""The operations on secrets: the names Azure's own log gives them, and the data action of each.

https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault
"""

from dataclasses import dataclass

_SECRETS = "Microsoft.KeyVault/vaults/secrets"


@dataclass(frozen=True)
class Operation:
    """One operation and the right it takes."""

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
OF_THE_VAULT = {
    ("GET", "secrets"): LIST,
    ("GET", "deletedsecrets"): LIST_DELETED,
    ("POST", "secrets", "restore"): RESTORE,
}

# What stands for a version behind a name; paths are looked up in lower case, so none is like it.
VERSION = "VERSION"

# By method, collection, and what stands behind the name of a secret.
OF_A_SECRET = {
    ("PUT", "secrets"): SET,
    ("GET", "secrets"): GET,
    ("GET", "secrets", VERSION): GET,
    ("PATCH", "secrets"): UPDATE,
    ("PATCH", "secrets", VERSION): UPDATE,
    ("DELETE", "secrets"): DELETE,
    ("GET", "secrets", "versions"): LIST_VERSIONS,
    ("POST", "secrets", "backup"): BACKUP,
    ("GET", "deletedsecrets"): GET_DELETED,
    ("DELETE", "deletedsecrets"): PURGE,
    ("POST", "deletedsecrets", "recover"): RECOVER,
}
