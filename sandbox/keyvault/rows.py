"""Rows of the database as secrets, and back."""

import json
from collections.abc import Sequence
from typing import Any

from sandbox.keyvault.database import Database
from sandbox.keyvault.secret import Properties, SecretVersion

COLUMNS = (
    "v.sequence, s.name, v.version, v.content_type, v.tags, v.enabled, v.not_before, v.expires,"
    " v.created, v.updated"
)
# A secret with its latest version.
LATEST = (
    " FROM secret s JOIN version v ON v.sequence ="
    " (SELECT max(sequence) FROM version WHERE key = s.key) WHERE "
)


def as_version(row: Sequence[Any]) -> SecretVersion:
    """The version that COLUMNS describe, at the front of `row`."""
    sequence, name, version, content_type, tags, enabled, not_before, expires = row[:8]
    said = Properties(
        content_type, None if tags is None else json.loads(tags), bool(enabled), not_before, expires
    )
    return SecretVersion(sequence, name, version, said, created=row[8], updated=row[9])


def place(name: str, version: str) -> str:
    """What a value is sealed for: it cannot be read back as another secret's."""
    return f"{name.lower()}/{version}"


def insert(database: Database, secret: SecretVersion, value: str) -> None:
    """Add a version and its value, within the caller's transaction. Raises sqlite3.Error."""
    said = secret.properties
    database.change(
        "INSERT INTO version (key, version, sealed, content_type, tags, enabled, not_before,"
        " expires, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        secret.name.lower(),
        secret.version,
        database.seal.close(value.encode(), place(secret.name, secret.version)),
        said.content_type,
        tags_text(said),
        secret.enabled,
        said.not_before,
        said.expires,
        secret.created,
        secret.updated,
    )


def tags_text(said: Properties) -> str | None:
    """Tags as they are stored."""
    return None if said.tags is None else json.dumps(said.tags)
