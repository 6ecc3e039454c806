"""The deployment on disk, to be compared with the one in force."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sandbox.deployment.given_snapshot import given_snapshot
from sandbox.deployment.in_force import origin
from sandbox.state import State


class OnDiskError(ValueError):
    """A deployment on disk that cannot be put into force, with a sentence for each reason."""

    def __init__(self, message: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


@dataclass(frozen=True)
class OnDisk:
    """A snapshot's text, its file, and the Bicep that it was compiled from just now.

    `note` says that it was not compiled or rehearsed. `write` keeps the snapshot beside its Bicep,
    once it is in force.
    """

    text: str
    source: Path
    bicep: Path | None = None
    note: str = ""
    write: Callable[[], object] = bool

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()

    @property
    def request(self) -> dict[str, str]:
        """The deployment, as the control channel takes it."""
        files = {"source": str(self.source), "bicep": str(self.bicep or "")}
        return {"snapshot": self.text, **files}


# It reads or compiles the deployment of the next start. Raises OnDiskError.
ReadDisk = Callable[[State], OnDisk]


def read_disk(state: State) -> OnDisk:
    """Return the snapshot of the next start, compiled if it is Bicep. Raises OnDiskError."""
    try:
        named = origin(state)
        found = given_snapshot(state, named)
        bicep = named if found != named else None
        return OnDisk(found.read_text("utf-8"), found, bicep)
    except (ValueError, OSError) as error:
        raise OnDiskError(str(error)) from error
