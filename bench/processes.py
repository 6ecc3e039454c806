"""The sandbox's processes from Linux's /proc: their roles, memory and processor time.

PSS divides pages among the processes that share them, so that a sum is meaningful.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.guard import fork_server

PROC = Path("/proc")
SANDBOX, AZURITE, GUARDS = "sandbox", "azurite", "process guards"

# gunicorn's command line names a service's configuration, that of a decoder its module.
_SERVICE = re.compile(r"(?:services/(?=\w+/gunicorn\.conf\.py)|-m services\.)(\w+)")
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """One process; `role` is its role in the sandbox.

    `cpu` is its processor time in seconds, with that of its children that have ended.
    """

    pid: int
    parent: int
    role: str
    cpu: float


def tree(root: int, proc: Path = PROC) -> list[Running]:
    """Return the process `root` and its descendants; none without /proc."""
    everything = [_read(each) for each in proc.glob("[0-9]*")]
    known = [each for each in everything if each is not None]
    found: list[Running] = []
    wanted = {root}
    while wanted:
        found += (level := [each for each in known if each.pid in wanted])
        wanted = {each.pid for each in known if each.parent in {one.pid for one in level}}
    return found


def memory_by_role(processes: Iterable[Running], proc: Path = PROC) -> Mapping[str, float]:
    """Return megabytes (PSS) by role; one that has ended since has none."""
    found: dict[str, float] = defaultdict(float)
    for each in processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            pss = _PSS.search((proc / str(each.pid) / "smaps_rollup").read_text("utf-8"))
            found[each.role] += int(pss[1]) * 1024 / 1e6 if pss else 0.0
    return found


def cpu_by_role(before: Iterable[Running], after: Iterable[Running]) -> Mapping[str, float]:
    """Return the seconds of processor time between two snapshots, by role.

    A process that ended between the two counts in its parent, as a decoder does in its service.
    """
    found: dict[str, float] = defaultdict(float)
    for each in after:
        found[each.role] += each.cpu
    for each in before:
        found[each.role] -= each.cpu
    return found


def role_of(command: str, name: str) -> str:
    """Return the role of a process by its command line; a guard's includes its program's.

    A process of the fork server has the server's command line, and so is known by its `name`.
    """
    forked = fork_server.__name__ in command
    if "process_guard.py" in command or (forked and name == fork_server.GUARD):
        return GUARDS
    if forked:
        return name
    if service := _SERVICE.search(command):
        return service[1]
    return AZURITE if "azurite" in command else SANDBOX


def _read(folder: Path) -> Running | None:
    try:
        before, _, after = (folder / "stat").read_text("utf-8").rpartition(")")
        name, fields = before.partition("(")[2], after.split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    cpu = sum(map(int, fields[11:15])) / _TICK
    return Running(int(folder.name), int(fields[1]), role_of(command, name), cpu)
