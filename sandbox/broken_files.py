"""Broken files of a state folder, and the recovery that loses least."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

# The loss for each file; other files are recreated without any.
_LOSES = {
    "assignments-by-hand.json": "the roles assigned by hand are lost, and the deleted ones back",
    "account-keys.json": "storage accounts get new keys, and programs need them",
    "bus.db": "the messages that wait in queues and subscriptions are lost",
    "bus.entities.json": "the queues, topics and rules that programs made or changed are lost",
    "databases.json": "vault.db and bus.db go to the first vault and namespace of the deployment",
    "delegation.key": "a new secret is made, and issued user delegation keys are no longer valid",
    "deployed.json": "the next start deploys the snapshot that it was given last",
    "entra-signing-key.pem": "a new key is made, and issued tokens are no longer valid",
    "identity-headers.json": "new headers are made: shells, and services in containers, need them",
    "listen-ports.json": "other ports are used, and services on other machines need a restart",
    "partner.json": "a new signing key is made and handed over",
    "partner.jsonl": "the partner forgets which webhooks it has accepted",
    "partner-mood.json": "the partner works normally again",
    "ports.json": "other ports are used, and open shells need them",
    "principals.json": "every identity gets new ids, which the roles name at once",
    "refresh-token.key": "a new key is made, and users have to sign in again",
    "shell-proxy.json": "a new key is made, and open shells have to be opened again",
    "signing-key-handed-over.json": "a new signing key is made and handed over",
    "own-copy.json": "the services of a copy of the sample's deployment do not start",
    "snapshot-source.json": "the next start deploys the committed snapshot",
    "telemetry.db": "the telemetry of earlier photos is lost",
    "vault.db": "the vault's secrets are lost, and a new signing key is made",
    "vault.key": "the secrets that it encrypts are lost, and a new signing key is made",
}
# A vault or namespace that is not the first has a file of its own, such as vault-kv-orders.db.
_OF_ANOTHER = re.compile(r"^(vault|bus)-.+?(\.db|\.entities\.json)$")
_OF_A_DATABASE = ("-wal", "-shm")


class UserError(ValueError):
    """A problem that the user has to solve; the message says everything, without a traceback."""


class BrokenFileError(UserError):
    """A file that cannot be read; the message names it and the recovery."""

    def __init__(self, path: Path, why: object) -> None:
        super().__init__(_sentence(path, why))


def recovery(path: Path) -> str:
    """Return the recovery from a broken file, as the end of a sentence: move it, delete nothing."""
    others = list(_moved_with(path))
    what = f"move it and {', '.join(others)} away" if others else "move it away"
    plain = _OF_ANOTHER.sub(r"\1\2", path.name)
    return f"{what} to continue: {_LOSES.get(plain, 'it is recreated')}"


def _moved_with(path: Path) -> Iterator[str]:
    """Yield the other files to move: a database's log, and the data that a key encrypts."""
    if path.name == "vault.key":
        databases = sorted(each.name for each in path.parent.glob("vault*.db"))
    else:
        databases = [path.name] if path.suffix == ".db" else []
    for each in databases:
        names = (each, *(f"{each}{suffix}" for suffix in _OF_A_DATABASE))
        yield from (name for name in names if name != path.name and path.with_name(name).exists())


def check_integrity(database: sqlite3.Connection) -> None:
    """Fail at the start if a database is corrupt, not at each read.

    Raises sqlite3.DatabaseError.
    """
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def database_error(path: Path, error: Exception) -> str:
    """Return the message for a database that is broken, or only locked or not writable."""
    if type(error) is sqlite3.DatabaseError:
        return _sentence(path, error)
    return f"cannot use {path}: {error}"


def _sentence(path: Path, why: object) -> str:
    reason = " ".join(str(why).split()).rstrip(".")
    return f"{path} is broken: {reason}; {recovery(path)}"
