"""The drift of a namespace's entities, kept in one file of the state."""

import json
import os
from pathlib import Path
from typing import Any

from sandbox.broken_files import BrokenFileError
from sandbox.servicebus.administration.entities import NONE, EntityDrift, Made


def read(path: Path) -> EntityDrift:
    """Return the drift in `path`, none without the file. Raises BrokenFileError."""
    try:
        raw = json.loads(path.read_text("utf-8"))
        made = {str(key): _made(each) for key, each in raw["made"].items()}
        return EntityDrift(made, {str(key): str(by) for key, by in raw["deleted"].items()})
    except FileNotFoundError:
        return NONE
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BrokenFileError(path, f"it holds no entities: {error}") from error


def write(path: Path, drift: EntityDrift) -> None:
    """Write `drift` to `path` atomically. Raises OSError."""
    made = {
        key: {"kind": each.kind, "path": each.path, "properties": each.properties, "by": each.by}
        for key, each in drift.made.items()
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(json.dumps({"made": made, "deleted": dict(drift.deleted)}, indent=1) + "\n")
    draft.replace(path)


def _made(raw: dict[str, Any]) -> Made:
    path = tuple(str(each) for each in raw["path"])
    return Made(str(raw["kind"]), path, dict(raw["properties"]), str(raw["by"]))
