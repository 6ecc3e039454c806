"""The secrets of a vault in its database, live and deleted.

All names compare without case. There is one thread, so that a check holds until the change after
it. Every method raises sqlite3.Error when the disk fails.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sandbox.deployment import Vault
from sandbox.keyvault.database import Database
from sandbox.keyvault.secret import DeletedSecret, NewSecret, Properties, SecretVersion

_COLUMNS = (
    "v.sequence, s.name, v.version, v.content_type, v.tags, v.enabled, v.not_before, v.expires,"
    " v.created, v.updated"
)
# A secret with its latest version.
_LATEST = (
    " FROM secret s JOIN version v ON v.sequence ="
    " (SELECT max(sequence) FROM version WHERE key = s.key) WHERE "
)
_BACKUP = "backup"


class LiveSecrets:
    """The secrets that are not deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, name: str, new: NewSecret, now: int) -> SecretVersion:
        """Store the next version of `name`, which must not be deleted."""
        with self._database.transaction():
            self._database.change(
                "INSERT INTO secret (key, name) VALUES (?, ?) ON CONFLICT DO NOTHING",
                name.lower(),
                name,
            )
            draft = SecretVersion(0, name, uuid.uuid4().hex, new.properties, now, now)
            self._insert(draft, new.value)
        stored = self.get(name)
        assert stored is not None  # noqa: S101 - it was committed a line above
        return stored

    def get(self, name: str, version: str = "") -> SecretVersion | None:
        """Return one version of `name`, by default the latest."""
        found = self._database.rows(
            f"SELECT {_COLUMNS} FROM secret s JOIN version v USING (key)"  # noqa: S608
            " WHERE key = ? AND s.deleted IS NULL AND ? IN ('', v.version)"
            " ORDER BY v.sequence DESC LIMIT 1",
            name.lower(),
            version,
        )
        return _version(found[0]) if found else None

    def value(self, secret: SecretVersion) -> str:
        """Return the value of a version. Raises DecryptionError if it was tampered with."""
        found = self._database.rows(
            "SELECT sealed FROM version WHERE sequence = ?", secret.sequence
        )
        return self._database.encryption.decrypt(found[0][0], _place(secret)).decode()

    def update(self, secret: SecretVersion, changed: Properties, now: int) -> None:
        """Change the properties of a version, except those that are None in `changed`."""
        self._database.change(
            "UPDATE version SET content_type = ifnull(?, content_type), tags = ifnull(?, tags),"
            " enabled = ifnull(?, enabled), not_before = ifnull(?, not_before),"
            " expires = ifnull(?, expires), updated = ? WHERE sequence = ?",
            changed.content_type,
            _tags(changed),
            changed.enabled,
            changed.not_before,
            changed.expires,
            now,
            secret.sequence,
        )

    def page(self, after: str, length: int) -> list[SecretVersion]:
        """Return up to `length` secrets in the order of their names, by their latest versions."""
        found = self._database.rows(
            f"SELECT {_COLUMNS}{_LATEST} s.deleted IS NULL AND s.key > ? ORDER BY s.key LIMIT ?",
            after.lower(),
            length,
        )
        return [_version(each) for each in found]

    def versions(self, name: str, after: int = 0, length: int = -1) -> list[SecretVersion]:
        """Return up to `length` versions of `name` (all, if negative), oldest first."""
        return self._versions(name, "sequence", after, length)

    def versions_by_id(self, name: str, after: str, length: int) -> list[SecretVersion]:
        """Return up to `length` versions of `name` in the order of their ids."""
        return self._versions(name, "version", after, length)

    def back_up(self, name: str) -> bytes:
        """Return all versions of `name`, encrypted. Raises DecryptionError.

        Azure's backups can be restored in any vault of the same subscription and geography; there
        is one here. https://learn.microsoft.com/azure/key-vault/general/backup
        """
        versions = [asdict(each) | {"value": self.value(each)} for each in self.versions(name)]
        return self._database.encryption.encrypt(json.dumps(versions).encode(), _BACKUP)

    def name_in(self, backup: bytes) -> str:
        """Return the name of the secret in a backup. Raises DecryptionError if it is not ours."""
        return str(self._versions_in(backup)[0]["name"])

    def restore(self, backup: bytes) -> None:
        """Store a backup under its name, which must be free. Raises DecryptionError."""
        versions = self._versions_in(backup)
        name = versions[0]["name"]
        with self._database.transaction():
            self._database.change(
                "INSERT INTO secret (key, name) VALUES (?, ?)", name.lower(), name
            )
            for each in versions:
                value, properties = each.pop("value"), Properties(**each.pop("properties"))
                self._insert(SecretVersion(properties=properties, **each), value)

    def _versions(self, name: str, by: str, after: int | str, length: int) -> list[SecretVersion]:
        found = self._database.rows(
            f"SELECT {_COLUMNS} FROM secret s JOIN version v USING (key)"  # noqa: S608
            f" WHERE key = ? AND s.deleted IS NULL AND v.{by} > ? ORDER BY v.{by} LIMIT ?",
            name.lower(),
            after,
            length,
        )
        return [_version(each) for each in found]

    def _versions_in(self, backup: bytes) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self._database.encryption.decrypt(backup, _BACKUP))
        return found

    def _insert(self, secret: SecretVersion, value: str) -> None:
        """Add a version and its value, within the caller's transaction."""
        properties = secret.properties
        self._database.change(
            "INSERT INTO version (key, version, sealed, content_type, tags, enabled, not_before,"
            " expires, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            secret.name.lower(),
            secret.version,
            self._database.encryption.encrypt(value.encode(), _place(secret)),
            properties.content_type,
            _tags(properties),
            secret.enabled,
            properties.not_before,
            properties.expires,
            secret.created,
            secret.updated,
        )


class DeletedSecrets:
    """The secrets that keep their names until they are recovered, purged, or their time is over.

    https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, name: str, now: int, purged: int) -> None:
        """Delete `name` with all its versions; it purges itself at `purged`."""
        self._database.change(
            "UPDATE secret SET deleted = ?, purged = ? WHERE key = ? AND deleted IS NULL",
            now,
            purged,
            name.lower(),
        )

    def get(self, name: str) -> DeletedSecret | None:
        """Return the deleted secret called `name`."""
        found = self._select("s.key = ?", name.lower(), 1)
        return found[0] if found else None

    def page(self, after: str, length: int) -> list[DeletedSecret]:
        """Return up to `length` deleted secrets in the order of their names."""
        return self._select("s.key > ?", after.lower(), length)

    def recover(self, name: str) -> None:
        """Bring `name` back with all its versions."""
        self._database.change(
            "UPDATE secret SET deleted = NULL, purged = NULL WHERE key = ?", name.lower()
        )

    def purge(self, name: str) -> None:
        """Remove `name` for good, if it is deleted."""
        self._database.change(
            "DELETE FROM secret WHERE key = ? AND deleted IS NOT NULL", name.lower()
        )

    def purge_due(self, now: int) -> None:
        """Remove the secrets whose time is over."""
        if self._database.rows("SELECT 1 FROM secret WHERE purged <= ? LIMIT 1", now):
            self._database.change("DELETE FROM secret WHERE purged <= ?", now)

    def _select(self, which: str, value: str, length: int) -> list[DeletedSecret]:
        found = self._database.rows(
            f"SELECT {_COLUMNS}, s.deleted, s.purged{_LATEST}"
            f" s.deleted IS NOT NULL AND {which} ORDER BY s.key LIMIT ?",
            value,
            length,
        )
        return [DeletedSecret(_version(each), each[10], each[11]) for each in found]


@dataclass
class SecretStore:
    """A vault's secrets, and the clock of their dates.

    `versions_by` is the order in which the vault lists the versions of a secret.
    """

    vault: Vault
    live: LiveSecrets
    deleted: DeletedSecrets
    clock: Callable[[], float]
    versions_by: Literal["creation", "id"] = "creation"

    def now(self) -> int:
        """Return the time in whole seconds, as Key Vault dates things."""
        return int(self.clock())


def _version(row: Sequence[Any]) -> SecretVersion:
    """Return the version that _COLUMNS describe, at the front of `row`."""
    sequence, name, version, content_type, tags, enabled, not_before, expires = row[:8]
    properties = Properties(
        content_type, None if tags is None else json.loads(tags), bool(enabled), not_before, expires
    )
    return SecretVersion(sequence, name, version, properties, created=row[8], updated=row[9])


def _place(secret: SecretVersion) -> str:
    """Return the place that a value is bound to: no other secret can claim the value."""
    return f"{secret.name.lower()}/{secret.version}"


def _tags(properties: Properties) -> str | None:
    return None if properties.tags is None else json.dumps(properties.tags)
