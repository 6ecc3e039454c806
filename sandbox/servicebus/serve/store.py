"""The messages of a namespace in SQLite with a write-ahead log: one transaction per loop turn.

A commit only appends to the log. A checkpoint copies the log into the file and waits for the disk,
so it is left to a quiet moment, unless the log grows too long.

Locks are not stored: after a restart every message waits again, with its count of deliveries.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.broken_files import check_integrity, database_error
from sandbox.servicebus.serve.locking import MessageState, QueuedMessage

_LAYOUT = 3
# In pages of 4 KiB. SQLite's own choice, 1000, would be a checkpoint for each 300 messages.
_LONGEST_LOG = 4000
_SESSIONS = """CREATE TABLE sessions (
    queue INTEGER NOT NULL, name TEXT NOT NULL, state BLOB NOT NULL, updated REAL NOT NULL,
    PRIMARY KEY (queue, name)) WITHOUT ROWID;"""
_TABLES = f"""
BEGIN;
CREATE TABLE queues (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, last_sequence INTEGER NOT NULL);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, dead INTEGER NOT NULL,
    sequence INTEGER NOT NULL, origin INTEGER NOT NULL, enqueued REAL NOT NULL,
    time_to_live REAL, deliveries INTEGER NOT NULL, content BLOB NOT NULL,
    session TEXT, state INTEGER NOT NULL DEFAULT 0, due REAL);
CREATE TABLE duplicates (
    queue INTEGER NOT NULL, message_id TEXT NOT NULL, seen REAL NOT NULL,
    PRIMARY KEY (queue, message_id)) WITHOUT ROWID;
{_SESSIONS}
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""
# Layout 1 had no sessions, no deferred messages and no scheduled ones. Layout 2 stored the last
# number of a queue with each message; since then the newest message alone may have it.
_FROM_LAYOUT_1 = f"""
BEGIN;
ALTER TABLE messages ADD COLUMN session TEXT;
ALTER TABLE messages ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN due REAL;
{_SESSIONS}
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""


class StoreError(RuntimeError):
    """The file cannot be used. The text gives the reason in one sentence."""


class Store:
    """The messages of a namespace in one file (0600), for one process at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises StoreError if it is in use, broken or of another layout."""
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(path, isolation_level=None, timeout=1)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"The bus cannot use its store: {database_error(path, error)}."
            ) from error
        self._has_log = self._is_quiet = False
        # By queue: its last number, while no more than its newest message has that number.
        self._held: dict[int, int] = {}
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            raise StoreError(
                f"The bus cannot use its store: {database_error(path, error)}."
            ) from error

    def _prepare(self) -> None:
        # Exclusive: two brokers on one file would each deliver the same message.
        # Normal: a commit reaches the kernel, so it survives kill -9, though not a power cut.
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(f"PRAGMA wal_autocheckpoint={_LONGEST_LOG}")
        check_integrity(self._database)
        layout = self._database.execute("PRAGMA user_version").fetchone()[0]
        if layout not in (0, 1, 2, _LAYOUT):
            raise sqlite3.DatabaseError(f"it is of layout {layout}, not {_LAYOUT}")
        if layout == 0:
            self._database.executescript(_TABLES)
        if layout == 1:
            self._database.executescript(_FROM_LAYOUT_1)
        if layout == 2:
            self._database.execute(f"PRAGMA user_version={_LAYOUT}")
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("COMMIT")
        self._held = self._numbers_held()

    def close(self) -> None:
        """Close the file. Uncommitted writes are undone."""
        self._database.close()

    def commit(self) -> None:
        """Commit the transaction. If it raises sqlite3.Error, nothing was written."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")
            self._has_log, self._is_quiet = True, False

    def checkpoint_if_quiet(self) -> None:
        """Copy the log into the file if nothing was committed since the last call.

        It may fail, as on a full disk: the log stays, and loses nothing.
        """
        if self._has_log and self._is_quiet:
            with suppress(sqlite3.Error):
                self._database.execute("PRAGMA wal_checkpoint")
                self._has_log = False
        self._is_quiet = True

    def rollback(self) -> None:
        """Undo all writes since the last commit."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        self._held = self._numbers_held()

    def _numbers_held(self) -> dict[int, int]:
        """Return the last numbers that the file has only in the newest message of a queue."""
        rows = self._read(
            "SELECT queues.id, max(sequence) FROM messages JOIN queues ON queue = queues.id"
            " GROUP BY queues.id HAVING max(sequence) > last_sequence"
        )
        return {row[0]: row[1] for row in rows}

    def queue(self, path: str) -> tuple[int, int]:
        """Return the id and the last sequence number of the queue at `path`; add it if missing."""
        self._write("INSERT OR IGNORE INTO queues (path, last_sequence) VALUES (?, 0)", path)
        found = self._read("SELECT id, last_sequence FROM queues WHERE path = ?", path)
        identity, last = next(found)
        return identity, self._held.get(identity, last)

    def set_last_sequence(self, queue: int, last_sequence: int) -> None:
        """Store the last sequence number that a queue or topic gave."""
        self._held.pop(queue, None)
        self._write("UPDATE queues SET last_sequence = ? WHERE id = ?", last_sequence, queue)

    def delete_all_except(self, paths: frozenset[str]) -> None:
        """Delete the queues that the deployment no longer has, with their messages."""
        for identity, path in list(self._read("SELECT id, path FROM queues")):
            if path not in paths:
                self._write("DELETE FROM messages WHERE queue = ?", identity)
                self._write("DELETE FROM duplicates WHERE queue = ?", identity)
                self._write("DELETE FROM sessions WHERE queue = ?", identity)
                self._write("DELETE FROM queues WHERE id = ?", identity)
                self._held.pop(identity, None)

    def messages(self, queue: int) -> Iterator[tuple[QueuedMessage, bool]]:
        """Yield the messages of a queue in sequence, and whether each is a dead letter.

        Those that are scheduled are not among them.
        """
        rows = self._read(
            "SELECT dead, id, sequence, origin, enqueued, time_to_live, deliveries, session, state"
            " FROM messages WHERE queue = ? AND due IS NULL ORDER BY sequence",
            queue,
        )
        return ((_queued(row[1:8], row[8]), bool(row[0])) for row in rows)

    def add(self, queue: int, message: QueuedMessage, content: bytes) -> int:
        """Store a message, which holds its queue's last number meanwhile. Return its row."""
        self._held[queue] = message.sequence
        cursor = self._write(
            "INSERT INTO messages (queue, dead, sequence, origin, enqueued, time_to_live,"
            " deliveries, content, session) VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?)",
            queue,
            message.sequence,
            message.origin,
            message.enqueued,
            message.time_to_live,
            message.deliveries,
            content,
            message.session,
        )
        return cursor.lastrowid or 0

    def scheduled(self, queue: int) -> Iterator[tuple[float, QueuedMessage]]:
        """Yield the scheduled messages of a queue or topic in sequence, with the time of each."""
        rows = self._read(
            "SELECT due, id, sequence, origin, enqueued, time_to_live, deliveries, session"
            " FROM messages WHERE queue = ? AND due IS NOT NULL ORDER BY sequence",
            queue,
        )
        return ((row[0], _queued(row[1:], MessageState.SCHEDULED)) for row in rows)

    def schedule(self, queue: int, message: QueuedMessage, content: bytes, due: float) -> int:
        """Store a message that is enqueued at a later time, and its number. Return its row."""
        row = self.add(queue, message, content)
        self._write("UPDATE messages SET state = ?, due = ? WHERE id = ?", message.state, due, row)
        return row

    def set_state(self, row: int, state: MessageState) -> None:
        """Store the state of a message."""
        self._write("UPDATE messages SET state = ? WHERE id = ?", state, row)

    def content(self, row: int) -> bytes:
        """Return the bytes of a message."""
        return bytes(next(self._read("SELECT content FROM messages WHERE id = ?", row))[0])

    def size(self, row: int) -> int:
        """Return how many bytes a message has."""
        found = self._read("SELECT length(content) FROM messages WHERE id = ?", row)
        return int(next(found)[0])

    def delete(self, row: int) -> None:
        """Delete a message. Numbers that messages hold are stored first: it may hold one."""
        while self._held:
            self.set_last_sequence(*self._held.popitem())
        self._write("DELETE FROM messages WHERE id = ?", row)

    def set_deliveries(self, row: int, deliveries: int) -> None:
        """Store how many deliveries of a message have failed."""
        self._write("UPDATE messages SET deliveries = ? WHERE id = ?", deliveries, row)

    def dead_letter(self, row: int, deliveries: int, content: bytes) -> None:
        """Move a message to the dead letters."""
        self._write(
            "UPDATE messages SET dead = 1, state = 0, deliveries = ?, content = ? WHERE id = ?",
            deliveries,
            content,
            row,
        )

    def rewrite(self, row: int, content: bytes) -> None:
        """Replace the bytes of a message."""
        self._write("UPDATE messages SET content = ? WHERE id = ?", content, row)

    def duplicates(self, queue: int) -> Iterator[tuple[str, float]]:
        """Yield the message ids that were seen, and when, oldest first."""
        rows = self._read(
            "SELECT message_id, seen FROM duplicates WHERE queue = ? ORDER BY seen", queue
        )
        return ((row[0], row[1]) for row in rows)

    def remember_id(self, queue: int, message_id: str, seen: float) -> None:
        """Store when a message id was seen."""
        self._write("INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)", queue, message_id, seen)

    def forget_ids(self, queue: int, before: float) -> None:
        """Delete the message ids that were last seen until that time."""
        self._write("DELETE FROM duplicates WHERE queue = ? AND seen <= ?", queue, before)

    def session_states(self, queue: int) -> Iterator[tuple[str, float]]:
        """Yield the sessions that have a state, and when it was set."""
        rows = self._read("SELECT name, updated FROM sessions WHERE queue = ? ORDER BY name", queue)
        return ((row[0], row[1]) for row in rows)

    def session_state(self, queue: int, name: str) -> bytes | None:
        """Return the state of a session, None if it has none."""
        rows = self._read("SELECT state FROM sessions WHERE queue = ? AND name = ?", queue, name)
        row = next(rows, None)
        return None if row is None else bytes(row[0])

    def set_session_state(self, queue: int, name: str, state: bytes | None, now: float) -> None:
        """Store the state of a session, or delete it."""
        if state is None:
            self._write("DELETE FROM sessions WHERE queue = ? AND name = ?", queue, name)
        else:
            self._write(
                "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)", queue, name, state, now
            )

    def _read(self, statement: str, *values: object) -> Iterator[Any]:
        return self._database.execute(statement, values)

    def _write(self, statement: str, *values: object) -> sqlite3.Cursor:
        if not self._database.in_transaction:
            self._database.execute("BEGIN IMMEDIATE")
        return self._database.execute(statement, values)


def _queued(columns: Sequence[Any], state: int) -> QueuedMessage:
    message = QueuedMessage(*columns)
    message.state = MessageState(state)
    return message
