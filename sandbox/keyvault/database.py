"""The file of a vault: SQLite, each commit on disk before it is answered."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.broken_files import check_integrity, database_error, recovery
from sandbox.keyvault.encryption import DecryptionError, Encryption

_LAYOUT = 1
_SCHEMA = (
    "CREATE TABLE proof (sealed BLOB NOT NULL)",
    # `key` is the name as it compares: in lower case.
    "CREATE TABLE secret (key TEXT PRIMARY KEY, name TEXT NOT NULL, deleted INTEGER,"
    " purged INTEGER)",
    "CREATE TABLE version (sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
    " key TEXT NOT NULL REFERENCES secret ON DELETE CASCADE, version TEXT NOT NULL,"
    " sealed BLOB NOT NULL, content_type TEXT, tags TEXT, enabled INTEGER NOT NULL,"
    " not_before INTEGER, expires INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL,"
    " UNIQUE (key, version))",
    "CREATE INDEX version_by_age ON version (key, sequence)",
    f"PRAGMA user_version = {_LAYOUT}",
)
_PROOF = "proof"


class DatabaseError(RuntimeError):
    """A vault's file that cannot be used; the message is one sentence with the reason."""


class Database:
    """A connection to a vault's file, and the encryption of its values."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open `path`, made at first use (0600). Raises DatabaseError, ValueError."""
        self.encryption = Encryption(key)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
            # The one thread that uses it need not be the one that opened it.
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare(path)
        except (OSError, sqlite3.Error) as error:
            raise DatabaseError(database_error(path, error)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, statement: str, *values: object) -> list[Sequence[Any]]:
        """Return the rows that a query finds. Raises sqlite3.Error."""
        return self._connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        """Make a change. Raises sqlite3.Error."""
        self._connection.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes within, or none. Raises sqlite3.Error."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _prepare(self, path: Path) -> None:
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {setting}")
        check_integrity(self._connection)
        with self.transaction():
            layout = self.rows("PRAGMA user_version")[0][0]
            if layout == 0:
                self._make()
            elif layout != _LAYOUT:
                raise DatabaseError(f"{path} has layout {layout}; this sandbox knows {_LAYOUT}")
        self._prove_key(path)

    def _make(self) -> None:
        for statement in _SCHEMA:
            self.change(statement)
        self.change("INSERT INTO proof VALUES (?)", self.encryption.encrypt(b"", _PROOF))

    def _prove_key(self, path: Path) -> None:
        """Fail at startup if the key does not match, not at each read."""
        try:
            self.encryption.decrypt(self.rows("SELECT sealed FROM proof")[0][0], _PROOF)
        except DecryptionError:
            what = f"{path} is encrypted with another key than the one given"
            raise DatabaseError(f"{what}; bring that back, or {recovery(path)}") from None
