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

_SNAPSHOT, _BICEP = "snapshot", "bicep"


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
    return _remembered(state)[0]


def origin(state: State) -> Path:
    """Return the file that the user named: the Bicep that `source` was compiled from, or `source`.

    Raises ValueError if the file that remembers it is broken.
    """
    return _remembered(state)[1]


def remember(state: State, snapshot: Path, bicep: Path | None = None) -> None:
    """Let each start from now on deploy `snapshot`, which was compiled from `bicep` if given.

    Raises OSError.
    """
    if snapshot.resolve() == SNAPSHOT:
        state.path(SOURCE).unlink(missing_ok=True)
    elif bicep is None:
        state.write_json(SOURCE, str(snapshot.resolve()))
    else:
        # The Bicep's path stays as given: a template's relative paths hold in its own folder.
        kept = {_SNAPSHOT: str(snapshot.resolve()), _BICEP: str(bicep.absolute())}
        state.write_json(SOURCE, kept)


def is_own(state: State, snapshot: Path) -> bool:
    """Return whether a snapshot is the project's own, or the copy that `state` has marked.

    Raises ValueError if the mark is broken.
    """
    path = snapshot.resolve()
    kept = state.read_json(OWN_COPY)
    copies = kept if isinstance(kept, list) else [kept]
    return path == SNAPSHOT or str(path) in copies


def mark_as_own(state: State, *snapshots: Path) -> None:
    """Take `snapshots`, and no others, for changed copies of the project's own with its services.

    Raises OSError.
    """
    state.write_json(OWN_COPY, [str(each.resolve()) for each in snapshots])


def _remembered(state: State) -> tuple[Path, Path]:
    """Return the snapshot of the next start, and the file that the user named for it."""
    kept = state.read_json(SOURCE)
    if kept is None:
        return SNAPSHOT, SNAPSHOT
    found = (kept.get(_SNAPSHOT), kept.get(_BICEP)) if isinstance(kept, dict) else (kept, kept)
    snapshot, named = found
    if not isinstance(snapshot, str) or not isinstance(named, str) or not snapshot or not named:
        raise BrokenFileError(state.path(SOURCE), "it names no snapshot")
    return Path(snapshot), Path(named)


def put_in_force(state: State, content: bytes) -> Path:
    """Keep the snapshot that is deployed now; return its path. Raises OSError."""
    return state.write(DEPLOYED, content)


def withdraw(state: State) -> None:
    """Forget the deployment in force: no sandbox runs, or it is only starting. Raises OSError."""
    state.path(DEPLOYED).unlink(missing_ok=True)
