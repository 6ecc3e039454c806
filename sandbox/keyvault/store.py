"""The secrets of a vault that are not deleted. One thread at a time, so that looks then leaps hold.

Every method raises sqlite3.Error when the disk refuses.
"""

import uuid

from sandbox.keyvault import rows
from sandbox.keyvault.database import Database
from sandbox.keyvault.secret import NewSecret, Properties, SecretVersion


class Secrets:
    """Live secrets, by name without case."""

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
            rows.insert(self._database, draft, new.value)
        stored = self.get(name)
        assert stored is not None  # noqa: S101 - it was committed a line above
        return stored

    def get(self, name: str, version: str = "") -> SecretVersion | None:
        """The latest version of `name`, or the one that is named."""
        found = self._database.rows(
            f"SELECT {rows.COLUMNS} FROM secret s JOIN version v USING (key)"  # noqa: S608
            " WHERE key = ? AND s.deleted IS NULL AND ? IN ('', v.version)"
            " ORDER BY v.sequence DESC LIMIT 1",
            name.lower(),
            version,
        )
        return rows.as_version(found[0]) if found else None

    def value(self, secret: SecretVersion) -> str:
        """The value of a version. Raises SealBrokenError if it was tampered with."""
        found = self._database.rows(
            "SELECT sealed FROM version WHERE sequence = ?", secret.sequence
        )
        place = rows.place(secret.name, secret.version)
        return self._database.seal.open(found[0][0], place).decode()

    def update(self, secret: SecretVersion, said: Properties, now: int) -> None:
        """Change what is said of a version; what `said` leaves unsaid stays."""
        self._database.change(
            "UPDATE version SET content_type = ifnull(?, content_type), tags = ifnull(?, tags),"
            " enabled = ifnull(?, enabled), not_before = ifnull(?, not_before),"
            " expires = ifnull(?, expires), updated = ? WHERE sequence = ?",
            said.content_type,
            rows.tags_text(said),
            said.enabled,
            said.not_before,
            said.expires,
            now,
            secret.sequence,
        )

    def page(self, after: str, length: int) -> list[SecretVersion]:
        """Up to `length` secrets in the order of their names, by their latest versions."""
        found = self._database.rows(
            f"SELECT {rows.COLUMNS}{rows.LATEST} s.deleted IS NULL AND s.key > ?"
            " ORDER BY s.key LIMIT ?",
            after.lower(),
            length,
        )
        return [rows.as_version(each) for each in found]

    def versions(self, name: str, after: int = 0, length: int = -1) -> list[SecretVersion]:
        """Up to `length` versions of `name` (all, if negative), oldest first."""
        return self._versions(name, "sequence", after, length)

    def versions_by_id(self, name: str, after: str, length: int) -> list[SecretVersion]:
        """Return up to `length` versions of `name` in the order of their ids."""
        return self._versions(name, "version", after, length)

    def _versions(self, name: str, by: str, after: int | str, length: int) -> list[SecretVersion]:
        found = self._database.rows(
            f"SELECT {rows.COLUMNS} FROM secret s JOIN version v USING (key)"  # noqa: S608
            f" WHERE key = ? AND s.deleted IS NULL AND v.{by} > ? ORDER BY v.{by} LIMIT ?",
            name.lower(),
            after,
            length,
        )
        return [rows.as_version(each) for each in found]
