"""Backups: all versions of a secret in one sealed piece, which only the same vault can open.

Azure's can be restored in any vault of the same subscription and geography; there is one here.
https://learn.microsoft.com/azure/key-vault/general/backup
"""

import json
from dataclasses import asdict

from sandbox.keyvault import rows
from sandbox.keyvault.database import Database
from sandbox.keyvault.secret import Properties, SecretVersion
from sandbox.keyvault.store import Secrets

_PLACE = "backup"


def packed(database: Database, secrets: Secrets, name: str) -> bytes:
    """`name` as it is now. Raises SealBrokenError if a value was tampered with."""
    versions = secrets.versions(name)
    content = [asdict(each) | {"value": secrets.value(each)} for each in versions]
    return database.seal.close(json.dumps(content).encode(), _PLACE)


def name_of(database: Database, packed: bytes) -> str:
    """Whose backup it is. Raises SealBrokenError if it is none of this vault's."""
    return str(json.loads(database.seal.open(packed, _PLACE))[0]["name"])


def unpack(database: Database, packed: bytes) -> None:
    """Store what `packed` holds under its name, which must be free. Raises SealBrokenError."""
    content = json.loads(database.seal.open(packed, _PLACE))
    name = content[0]["name"]
    with database.transaction():
        database.change("INSERT INTO secret (key, name) VALUES (?, ?)", name.lower(), name)
        for each in content:
            value, said = each.pop("value"), Properties(**each.pop("properties"))
            rows.insert(database, SecretVersion(properties=said, **each), value)
