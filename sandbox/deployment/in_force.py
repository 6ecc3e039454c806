"""The deployment in force: the snapshot that a running sandbox has deployed, and its source.

A snapshot may change while a sandbox runs, so the state keeps a copy of the one that is deployed.
"""

from pathlib import Path

from sandbox.broken_files import BrokenFileError
from sandbox.deployment.snapshot import SNAPSHOT
from sandbox.lock import holder
from sandbox.state import State

DEPLOYED = "deployed.json"
SOURCE = "snapshot-source.json"
OWN_COPY = "own-copy.json"


def in_force(state: State) -> Path:
    """Return the snapshot in force: that of the running sandbox, or the one of the next start.

    Raises ValueError if the file that names its source is broken.
    """
    deployed = state.path(DEPLOYED)
    return deployed if holder(state) is not None and deployed.exists() else source(state)


def source(state: State) -> Path:
    """Return the snapshot to start from: the remembered one, by default the committed one.

    Raises ValueError if its file is broken.
    """
    kept = state.read_json(SOURCE)
    if kept is None:
        return SNAPSHOT
    if not isinstance(kept, str) or not kept:
        raise BrokenFileError(state.path(SOURCE), "it names no snapshot")
    return Path(kept)


def remember(state: State, snapshot: Path) -> None:
    """Let each start from now on deploy `snapshot`. Raises OSError."""
    if snapshot.resolve() == SNAPSHOT:
        state.path(SOURCE).unlink(missing_ok=True)
    else:
        state.write_json(SOURCE, str(snapshot.resolve()))


def is_own(state: State, snapshot: Path) -> bool:
    """Return whether a snapshot is the project's own, or the copy that `state` has marked.

    Raises ValueError if the mark is broken.
    """
    path = snapshot.resolve()
    return path == SNAPSHOT or state.read_json(OWN_COPY) == str(path)


def mark_as_own(state: State, snapshot: Path) -> None:
    """Take `snapshot` for a changed copy of the project's own, which has its services.

    Raises OSError.
    """
    state.write_json(OWN_COPY, str(snapshot.resolve()))


def put_in_force(state: State, content: bytes) -> Path:
    """Keep the snapshot that is deployed now; return its path. Raises OSError."""
    return state.write(DEPLOYED, content)


def withdraw(state: State) -> None:
    """Forget the deployment in force: no sandbox runs, or it is only starting. Raises OSError."""
    state.path(DEPLOYED).unlink(missing_ok=True)
