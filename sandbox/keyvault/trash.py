"""Soft delete: what was deleted keeps its name until it is recovered, purged, or its time is over.

https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
"""

from sandbox.keyvault import rows
from sandbox.keyvault.database import Database
from sandbox.keyvault.secret import DeletedSecret


class Trash:
    """Deleted secrets, by name without case. Methods raise sqlite3.Error when the disk refuses."""

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
        """The deleted secret called `name`."""
        found = self._select("s.key = ?", name.lower(), 1)
        return found[0] if found else None

    def page(self, after: str, length: int) -> list[DeletedSecret]:
        """Up to `length` deleted secrets in the order of their names."""
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

    def empty(self, now: int) -> None:
        """Purge all whose time is over."""
        if self._database.rows("SELECT 1 FROM secret WHERE purged <= ? LIMIT 1", now):
            self._database.change("DELETE FROM secret WHERE purged <= ?", now)

    def _select(self, which: str, value: str, length: int) -> list[DeletedSecret]:
        found = self._database.rows(
            f"SELECT {rows.COLUMNS}, s.deleted, s.purged{rows.LATEST}"
            f" s.deleted IS NOT NULL AND {which} ORDER BY s.key LIMIT ?",
            value,
            length,
        )
        return [DeletedSecret(rows.as_version(each), each[10], each[11]) for each in found]
