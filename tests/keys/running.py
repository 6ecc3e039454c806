"""The places that a running sandbox has: environments, logs, telemetry and the audit."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from sandbox import audit as _audit
from sandbox import telemetry as _telemetry
from sandbox.state import State
from sandbox.supervisor import Report
from tests.keys.scan import Text

PROC = Path("/proc")
_PARENT = re.compile(r"^PPid:\s*(\d+)$", re.MULTILINE)


def variables(report: Report) -> Iterator[Text]:
    """Yield the environment that the sandbox gives to each service.

    /proc does not show that of a forked service, whose memory tests/attacks/test_files.py searches.
    """
    for service in report.services:
        lines = "\n".join(f"{name}={value}" for name, value in service.environment.items())
        name = f"environment of {service.name}"
        yield Text("environments", name, lines, configuration=True)


def environments(parent: int) -> Iterator[Text]:
    """Yield the environment of each process below `parent`. Linux alone shows them in /proc."""
    for pid in _below(parent):
        try:
            content = (PROC / str(pid) / "environ").read_bytes()
            command = (PROC / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        lines = content.decode("utf-8", "replace").replace("\0", "\n")
        name = f"environment of {_name(command.replace(chr(0), ' '))}"
        yield Text("environments", name, lines, configuration=True)


def logs(state: State) -> Iterator[Text]:
    """Yield the logs of the sandbox and its processes."""
    for path in sorted(state.root.rglob("*.log")):
        content = path.read_text("utf-8", "replace")
        yield Text("logs", path.name, content, configuration=True)


def audit(state: State) -> Iterator[Text]:
    """Yield the audit."""
    content = state.path(_audit.FILE).read_text("utf-8", "replace")
    yield Text("audit", _audit.FILE, content, configuration=True)


def telemetry(state: State) -> Iterator[Text]:
    """Yield the telemetry that the services have sent, one item a line."""
    items = _telemetry.everything(state.path(_telemetry.FILE))
    content = "\n".join(json.dumps(asdict(each)) for each in items)
    yield Text("telemetry", _telemetry.FILE, content, configuration=True)


def _name(command: str) -> str:
    return "azurite" if "azurite" in command else Path(command.partition(" ")[0]).name


def _below(parent: int) -> Iterator[int]:
    parents = dict(_parents())
    above = {parent}
    while above:
        above = {pid for pid, its in parents.items() if its in above}
        yield from above


def _parents() -> Iterator[tuple[int, int]]:
    for each in PROC.glob("[0-9]*/status"):
        try:
            found = _PARENT.search(each.read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
        if found:
            yield int(each.parent.name), int(found[1])
