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

_CAPITALS = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_PROXIES = tuple(each for name in _CAPITALS for each in (name, name.lower()))


def hand_over(folder: Path, files: Mapping[str, str]) -> None:
    """Write `files` into `folder`, each for its owner's eyes alone. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, content in files.items():
        _write(folder / name, content)


def as_exports(variables: Mapping[str, str]) -> str:
    """Lines for a shell to source.

    A way to a proxy is the only one: Docker's own settings may give every container another.
    """
    others = f"unset {' '.join(_PROXIES)}\n" if variables.keys() & {*_PROXIES} else ""
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    return others + "".join(lines)


def beside_a_proxy(*hosts: str) -> str:
    """Lines for a shell to source: whatever proxy there is, `hosts` are reached without it."""
    known = ",".join((*hosts, "127.0.0.1", "localhost"))
    return (
        f'export NO_PROXY="${{NO_PROXY:-${{no_proxy:-}}}},{known}"\nexport no_proxy="$NO_PROXY"\n'
    )


def _write(path: Path, content: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    draft.replace(path)
