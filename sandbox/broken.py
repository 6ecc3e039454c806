"""A file of a state folder that cannot be read: its name, and the way to go on that loses least."""

import sqlite3
from pathlib import Path

# What is not named here is made again, and is missed by nobody.
_LOSES = {
    "bus.db": "the messages that wait in queues and subscriptions are lost",
    "entra-signing-key.pem": "another key is made; tokens that were given out are worth nothing",
    "identity-headers.json": "others are made; services in containers have to be started again",
    "listen-ports.json": "other ports are taken; services elsewhere have to be started again",
    "partner.json": "another signing key is made and handed over",
    "partner.jsonl": "the partner forgets which webhooks it has taken",
    "partner-mood.json": "the partner is in order again",
    "principals.json": "every identity gets other ids, which the roles name at once",
    "refresh-token.key": "another is made; who had signed in has to do it again",
    "signing-key-handed-over.json": "another signing key is made and handed over",
    "telemetry.db": "the telemetry of earlier photos is lost",
    "vault.db": "the vault's secrets are lost; the signing key is made again",
    "vault.key": "the vault's secrets, which it seals, are lost; the signing key is made again",
}
# What has to go with it: of a database its log, and of a key what it seals.
_OF_A_DATABASE = ("-wal", "-shm")
_WITH = {"vault.key": ("vault.db", *(f"vault.db{each}" for each in _OF_A_DATABASE))} | {
    name: tuple(f"{name}{each}" for each in _OF_A_DATABASE)
    for name in ("bus.db", "telemetry.db", "vault.db")
}


class FaultError(ValueError):
    """Something that a person has to put right; the message is all that there is to say of it."""


class BrokenError(FaultError):
    """A file that cannot be read; the message names it, and the way on."""

    def __init__(self, path: Path, why: object) -> None:
        super().__init__(_sentence(path, why))


def way_on(path: Path) -> str:
    """Say what to do with a broken file, as the end of a sentence: move it, and delete nothing."""
    others = [each for each in _WITH.get(path.name, ()) if path.with_name(each).exists()]
    what = f"move it and {', '.join(others)} away" if others else "move it away"
    return f"{what} to go on: {_LOSES.get(path.name, 'it is made again')}"


def check_whole(database: sqlite3.Connection) -> None:
    """Better no start than a file whose pages turn out to be lost one by one.

    Raises sqlite3.DatabaseError where one is not as it must be.
    """
    (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def unusable(path: Path, error: Exception) -> str:
    """The sentence for a database: broken, or only in use, on a full disk, not to be written."""
    if type(error) is sqlite3.DatabaseError:
        return _sentence(path, error)
    return f"{path} cannot be used: {error}"


def _sentence(path: Path, why: object) -> str:
    reason = " ".join(str(why).split()).rstrip(".")
    return f"{path} is broken: {reason}; {way_on(path)}"
