"""What a service that runs elsewhere has to know, written where it alone can read it.

Stands alone: the identity endpoint of docker compose's profile `azure` uses it without the rest.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

# What the deployment tells a service wherever it runs, and what is added where it runs.
SETTINGS = "settings"
SURROUNDINGS = "surroundings"


def hand_over(folder: Path, files: Mapping[str, str]) -> None:
    """Write `files` into `folder`, each for its owner's eyes alone. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, content in files.items():
        _write(folder / name, content)


def as_exports(variables: Mapping[str, str]) -> str:
    """Lines for a shell to source."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _write(path: Path, content: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with open(descriptor, "w") as file:
        file.write(content)
    draft.replace(path)
