"""The store of telemetry: one SQLite file with the latest items, which does not grow for ever."""

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from sandbox.broken_files import check_integrity, database_error
from sandbox.telemetry.item import Item

FILE = "telemetry.db"
# The name of the plane in the audit.
SERVICE = "telemetry"
# Some hundreds of photos, in some ten megabytes.
MOST = 20_000
_NAMES = [each.name for each in fields(Item)]
_COLUMNS = ", ".join(f'"{each}"' for each in _NAMES)
# dataclasses.astuple() would copy each value deeply.
_VALUES = attrgetter(*_NAMES)
_SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS item (number INTEGER PRIMARY KEY, {_COLUMNS})",
    "CREATE INDEX IF NOT EXISTS item_by_operation ON item (operation)",
)
# Spans that take a photo in, or handle its message (services/common/telemetry.py).
_BEGINNINGS = ("POST %", "PUT %", "process %")


class StoreError(RuntimeError):
    """A file that cannot be used; the message is one sentence with the reason."""


class Store:
    """Keeps the latest items; the oldest give way to them."""

    def __init__(self, path: Path, most: int = MOST) -> None:
        """Open `path`, made at first use (0600). Raises StoreError."""
        self._most = most
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # Unlike a message, the last seconds of telemetry may be lost with the power.
            for setting in ("journal_mode = WAL", "synchronous = NORMAL"):
                self._connection.execute(f"PRAGMA {setting}")
            check_integrity(self._connection)
            for statement in _SCHEMA:
                self._connection.execute(statement)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(database_error(path, error)) from error

    def add(self, items: Iterable[Item]) -> None:
        """Keep `items`, all or none. Raises sqlite3.Error."""
        marks = ", ".join("?" * len(_NAMES))
        rows = [_row(each) for each in items]
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            insert = f"INSERT INTO item ({_COLUMNS}) VALUES ({marks})"  # noqa: S608
            self._connection.executemany(insert, rows)
            last = "(SELECT max(number) FROM item)"
            self._connection.execute(
                f"DELETE FROM item WHERE number <= {last} - ?",  # noqa: S608
                (self._most,),
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def everything(path: Path) -> list[Item]:
    """Return all items at `path`, in the order of their arrival. Raises sqlite3.Error."""
    return _select(path, "1 ORDER BY number")


def trace_of(path: Path, about: str) -> list[Item]:
    """Return the items of each trace that took `about` in or handled its messages, by time.

    `about` is a property's value in a span, such as a photo's id. Traces that only read it are left
    out. Raises sqlite3.Error.
    """
    begins = " OR ".join("name LIKE ?" for _ in _BEGINNINGS)
    about_it = f"SELECT operation FROM item WHERE instr(properties, ?) AND ({begins})"  # noqa: S608
    wanted = f"operation IN ({about_it}) ORDER BY time, number"
    return _select(path, wanted, f": {json.dumps(about)}", *_BEGINNINGS)


def _select(path: Path, wanted: str, *values: str) -> list[Item]:
    if not path.exists():
        return []
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute(f"SELECT {_COLUMNS} FROM item WHERE {wanted}", values)  # noqa: S608
        return [_item(each) for each in found]
    finally:
        connection.close()


def _row(item: Item) -> tuple[object, ...]:
    *rest, properties = _VALUES(item)
    return (*rest, json.dumps(properties))


def _item(row: Sequence[Any]) -> Item:
    values = dict(zip(_NAMES, row, strict=True))
    values["properties"] = json.loads(values["properties"])
    return Item(**values | {"success": bool(values["success"])})
