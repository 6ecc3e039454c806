"""The drift of a namespace's entities, kept in one file of the state."""

from pathlib import Path
from typing import Any

from sandbox.broken_files import BrokenFileError
from sandbox.servicebus.administration.entities import NONE, EntityDrift, Made
from sandbox.state import State


def read(path: Path) -> EntityDrift:
    """Return the drift in `path`, none without the file. Raises BrokenFileError."""
    raw = State(path.parent).read_json(path.name)
    try:
        return NONE if raw is None else _parsed(raw)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BrokenFileError(path, f"it holds no entities: {error}") from error


def write(path: Path, drift: EntityDrift) -> None:
    """Write `drift` to `path` atomically. Raises OSError."""
    made = {key: vars(each) for key, each in drift.made.items()}
    State(path.parent).write_json(path.name, {"made": made, "deleted": dict(drift.deleted)})


def _parsed(raw: dict[str, Any]) -> EntityDrift:
    made = {str(key): _made(each) for key, each in raw["made"].items()}
    return EntityDrift(made, {str(key): str(by) for key, by in raw["deleted"].items()})


def _made(raw: dict[str, Any]) -> Made:
    path = tuple(str(each) for each in raw["path"])
    return Made(str(raw["kind"]), path, dict(raw["properties"]), str(raw["by"]))
