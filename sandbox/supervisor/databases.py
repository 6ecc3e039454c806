"""The database files of a state: one for each vault and each namespace.

The first vault that uses a state has `vault.db`, the first namespace `bus.db`. Any other has a file
with its own name, such as `vault-kv-orders.db`. A file stays with its resource, however the
deployment changes.
"""

from pathlib import Path

from sandbox.broken_files import BrokenFileError
from sandbox.state import State

FIRST = "databases.json"


def database(state: State, kind: str, name: str) -> Path:
    """Return the file of the resource `name`, where `kind` is vault or bus.

    Raises BrokenFileError if the list of first resources is broken, OSError if it cannot be
    written.
    """
    first = state.read_json(FIRST)
    first = {} if first is None else first
    if not isinstance(first, dict):
        raise BrokenFileError(state.path(FIRST), "it holds no names by file")
    plain = f"{kind}.db"
    if plain not in first:
        first[plain] = name
        state.write_json(FIRST, first)
    return state.path(plain if first[plain] == name else f"{kind}-{name}.db")
