"""Where the tests plant: a file of each form that a place has, in a copy that is thrown away."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.state import PROJECT

_COPIED = ("infra/bicep", "services/gateway", "requirements", "docker-compose.yml", ".dockerignore")
_UNKNOWN_TO_GIT = "services/gateway/local.env"


@dataclass(frozen=True)
class Spot:
    """A text of a place, and how a name and its value are written in it.

    `file` is the one that is written to, if the text is made from another one.
    """

    place: str
    where: str
    line: Callable[[str, str], str]
    file: str = ""


def assigned(name: str, value: str) -> str:
    return f"{name}={value}"


def _quoted(name: str, value: str) -> str:
    return f'{name} = "{value}"'


def _yaml(name: str, value: str) -> str:
    return f"{name}: {value}"


def _json(name: str, value: str) -> str:
    return f"{json.dumps(name)}: {json.dumps(value)},"


def _bicep(name: str, value: str) -> str:
    return f"var {name} = '{value}'"


def _bicep_parameter(name: str, value: str) -> str:
    return f"param {name} string = '{value}'"


def _dockerfile(name: str, value: str) -> str:
    return f"ENV {name}={value}"


SPOTS: Sequence[Spot] = (
    Spot("source", "services/gateway/planted.py", _quoted),
    Spot("source", "services/gateway/planted.yml", _yaml),
    Spot("source", "services/gateway/planted.sh", assigned),
    Spot("source", "services/gateway/README.md", _quoted),
    Spot("Bicep", "infra/bicep/main.bicep", _bicep),
    Spot("Bicep", "infra/bicep/planted.bicep", _bicep_parameter),
    Spot("template", "infra/bicep/sandbox.snapshot.json", _json),
    Spot("template", "bicep build", _bicep, "infra/bicep/main.bicep"),
    Spot("compose", "docker-compose.yml", _yaml),
    Spot("compose", "services/gateway/Dockerfile", _dockerfile),
    Spot("images", "services/gateway/app.py", _quoted),
    Spot("images", _UNKNOWN_TO_GIT, assigned),
    Spot("images", "requirements/services.txt", assigned),
)


def copied(root: Path) -> Path:
    """A small tree of the same shape, known to git as ours is."""
    for each in _COPIED:
        target = root / each
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (PROJECT / each).is_dir() else shutil.copy
        copy(PROJECT / each, target)
    # What we make errors of would keep a key from being compiled at all.
    (root / "infra" / "bicep" / "bicepconfig.json").write_text("{}")
    (root / ".gitignore").write_text(f"{_UNKNOWN_TO_GIT}\n")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, capture_output=True)
    return root


def plant(root: Path, keys: Mapping[str, str]) -> None:
    """Write `keys`, by name, to each spot below `root`."""
    files = {each.file or each.where: each.line for each in SPOTS}
    for file, line in files.items():
        with (root / file).open("a") as opened:
            opened.writelines(f"\n{line(name, value)}\n" for name, value in keys.items())
