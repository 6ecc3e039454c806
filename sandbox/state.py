"""The folder in which one sandbox keeps everything that it makes up, private to the user."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class State:
    """Where things lie below one state folder (0700, files 0600)."""

    root: Path

    @classmethod
    def open(cls, root: Path) -> "State":
        """The state at `root`, made if it is not there. Raises OSError if it cannot be."""
        os.umask(0o077)
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)
        return cls(root.resolve())

    def path(self, name: str) -> Path:
        """The path of `name` in the folder."""
        return self.root / name

    def folder(self, name: str) -> Path:
        """The folder `name`, made if it is not there."""
        path = self.root / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def read_json(self, name: str) -> Any | None:
        """What `name` holds, or None if it is not there. Raises ValueError if it is broken."""
        try:
            return json.loads(self.path(name).read_text())
        except FileNotFoundError:
            return None

    def write_json(self, name: str, value: Any) -> None:
        """Write `value` to `name` so that a reader finds the old text or the new, never a part."""
        self.write(name, (json.dumps(value, indent=2) + "\n").encode())

    def write(self, name: str, content: bytes) -> Path:
        """Write `content` to `name`, readable by the user alone, at once or not at all."""
        draft = self.path(f"{name}.{os.getpid()}.draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path(name))
        return self.path(name)
