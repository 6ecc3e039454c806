"""Environment files for services on other machines, each readable by its owner alone.

Imports nothing of the sandbox: the identity endpoint of docker compose's profile `azure` uses it.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

# The files with the deployment's settings, and with the variables of the place where it runs: for
# clients that use a proxy, and for clients to which Azure's own names lead there.
SETTINGS = "settings"
SURROUNDINGS = "surroundings"
IDENTITY = "identity"

PYTHONPATH = "PYTHONPATH"

_CAPITALS = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
_PROXIES = tuple(each for name in _CAPITALS for each in (name, name.lower()))


def hand_over(folder: Path, files: Mapping[str, str]) -> None:
    """Write `files` into `folder`, each readable by its owner alone. Raises OSError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, content in files.items():
        _write(folder / name, content)


def as_exports(variables: Mapping[str, str]) -> str:
    """Return shell lines that export `variables`.

    Other proxy variables are unset first: Docker's settings may give every container some.
    """
    others = f"unset {' '.join(_PROXIES)}\n" if variables.keys() & {*_PROXIES} else ""
    return others + "".join(f"{_export(name, value)}\n" for name, value in variables.items())


def _export(name: str, value: str) -> str:
    quoted = shlex.quote(value)
    return before_the_users_own(value) if name == PYTHONPATH else f"export {name}={quoted}"


def before_the_users_own(folder: str) -> str:
    """Return a shell line that puts `folder` first on PYTHONPATH, once."""
    quoted = shlex.quote(folder)
    return (
        f'case ":${PYTHONPATH}:" in *:{quoted}:*) ;;'
        f' *) export {PYTHONPATH}={quoted}"${{{PYTHONPATH}:+:${PYTHONPATH}}}";; esac'
    )


def beside_a_proxy(*hosts: str) -> str:
    """Return shell lines that exempt `hosts` from any proxy."""
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
