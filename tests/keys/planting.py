"""The sites that the tests plant keys in: files of a throw-away copy, and a running process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.audit import FILE, Audit, Outcome, Record
from sandbox.state import PROJECT, State
from sandbox.telemetry import FILE as TELEMETRY
from sandbox.telemetry import Item, Store
from tests.keys.running import audit, environments, logs, telemetry
from tests.keys.scan import Text

_COPIED = ("infra/bicep", "services/gateway", "requirements", "docker-compose.yml", ".dockerignore")
_UNKNOWN_TO_GIT = "services/gateway/local.env"


@dataclass(frozen=True)
class Site:
    """A text of a place; `line` writes a name and its value as the text has them.

    `file` is the file to write to, if the text is generated from another one.
    """

    place: str
    where: str
    line: Callable[[str, str], str]
    file: str = ""


def _assigned(name: str, value: str) -> str:
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


SITES: Sequence[Site] = (
    Site("source", "services/gateway/planted.py", _quoted),
    Site("source", "services/gateway/planted.yml", _yaml),
    Site("source", "services/gateway/planted.sh", _assigned),
    Site("source", "services/gateway/README.md", _quoted),
    Site("Bicep", "infra/bicep/main.bicep", _bicep),
    Site("Bicep", "infra/bicep/planted.bicep", _bicep_parameter),
    Site("template", "infra/bicep/sandbox.snapshot.json", _json),
    Site("template", "bicep build", _bicep, "infra/bicep/main.bicep"),
    Site("compose", "docker-compose.yml", _yaml),
    Site("compose", "services/gateway/Dockerfile", _dockerfile),
    Site("images", "services/gateway/app.py", _quoted),
    Site("images", _UNKNOWN_TO_GIT, _assigned),
    Site("images", "requirements/services.txt", _assigned),
)


RUNNING: Mapping[str, str] = {
    "environments": "environment of python",
    "logs": "gateway.log",
    "telemetry": TELEMETRY,
    "audit": FILE,
}


def copy_tree(root: Path) -> Path:
    """Copy a small part of the project to `root`, as a git repository."""
    for each in _COPIED:
        target = root / each
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (PROJECT / each).is_dir() else shutil.copy
        copy(PROJECT / each, target)
    # Our linter errors would keep a key from being compiled at all.
    (root / "infra" / "bicep" / "bicepconfig.json").write_text("{}")
    (root / ".gitignore").write_text(f"{_UNKNOWN_TO_GIT}\n")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True, capture_output=True)
    return root


def plant(root: Path, keys: Mapping[str, str]) -> None:
    """Write `keys`, by name, to each site below `root`."""
    files = {each.file or each.where: each.line for each in SITES}
    for file, line in files.items():
        with (root / file).open("a") as opened:
            opened.writelines(f"\n{line(name, value)}\n" for name, value in keys.items())


@contextmanager
def planted_running(state: State, keys: Mapping[str, str]) -> Iterator[Sequence[Text]]:
    """Yield the texts of a running process and a state folder that hold `keys` and nothing else."""
    _write(state, [_assigned(name, value) for name, value in keys.items()])
    waiting = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    variables = {"PATH": os.environ.get("PATH", os.defpath), **keys}
    with subprocess.Popen(waiting, env=variables, stdin=subprocess.PIPE):
        yield [*environments(os.getpid()), *logs(state), *telemetry(state), *audit(state)]


def _write(state: State, messages: Sequence[str]) -> None:
    lines = [json.dumps({"level": "INFO", "message": each}) for each in messages]
    (state.folder("logs") / "gateway.log").write_text("\n".join(lines))
    book, store = Audit(state.path(FILE)), Store(state.path(TELEMETRY))
    store.add(_item(each) for each in messages)
    store.close()
    for each in messages:
        book.write(Record("now", "blob", Outcome.REFUSED, "Get Blob", reason=each))
    book.close()


def _item(message: str) -> Item:
    of_gateway = ("gateway", "gateway", "GET", 0.1, True, "200", "", {"message": message})
    return Item("now", "AppTraces", "operation", "id", "", *of_gateway)
