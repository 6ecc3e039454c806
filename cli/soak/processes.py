"""The processes of one sandbox, from Linux's /proc, and the choice of those to kill."""

import os
import random
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sandbox.deployment import app_names
from sandbox.guard import fork_server
from sandbox.state import State

_PROC = Path("/proc")


class NoProcError(RuntimeError):
    """This machine has no /proc."""


@dataclass(frozen=True)
class Process:
    """One process; its command line or its environment names the state folder it works on.

    A process of the fork server has the server's command line, and a `name` of its own.
    """

    pid: int
    parent: int
    command: tuple[str, ...]
    name: str = ""
    environment: bytes = field(default=b"", repr=False)

    def works_on(self, folder: Path) -> bool:
        """Return whether it works on this state folder."""
        path = str(folder)
        return path.encode() in self.environment or any(path in each for each in self.command)

    @property
    def is_guard(self) -> bool:
        by_itself = any(each.endswith("process_guard.py") for each in self.command)
        return by_itself or (self._is_forked and self.name == fork_server.GUARD)

    @property
    def is_fork_server(self) -> bool:
        return self._is_forked and self.name == fork_server.SERVER

    @property
    def service(self) -> str | None:
        """The service whose gunicorn it is, master or worker."""
        of_server = self.is_guard or self.is_fork_server
        return self.name if self._is_forked and not of_server else None

    @property
    def _is_forked(self) -> bool:
        return fork_server.__name__ in self.command

    @property
    def is_azurite(self) -> bool:
        return not self.is_guard and any("azurite/dist" in each for each in self.command)


@dataclass(frozen=True)
class Family:
    """All processes of a sandbox: itself, its children, and theirs."""

    sandbox: int
    all: tuple[Process, ...]

    @property
    def azurite(self) -> tuple[int, ...]:
        return tuple(each.pid for each in self.all if each.is_azurite)

    @property
    def masters(self) -> Mapping[str, int]:
        """The gunicorn master of each service: the child of a guard, the parent of its workers."""
        guards = {each.pid for each in self.all if each.is_guard}
        return {
            each.service: each.pid for each in self.all if each.service and each.parent in guards
        }

    def workers(self, service: str) -> tuple[int, ...]:
        """Return the worker processes of a service's gunicorn."""
        master = self.masters.get(service)
        return tuple(each.pid for each in self.all if master and each.parent == master)

    def name(self, process: Process) -> str:
        """Return a short name for a process."""
        if process.pid == self.sandbox:
            return "sandbox"
        if process.is_azurite:
            return "azurite"
        if process.is_guard:
            return "guard"
        if process.is_fork_server:
            return "fork server"
        rank = "master" if process.pid in self.masters.values() else "worker"
        return f"{process.service} {rank}" if process.service else "?"

    @property
    def strays(self) -> tuple[Process, ...]:
        """The processes that do not descend from the sandbox."""
        parents = {each.pid: each.parent for each in self.all}
        return tuple(each for each in self.all if not _descends(each.pid, self.sandbox, parents))


def family(state: State, sandbox: int) -> Family:
    """Return every process that works on the state folder. Raises NoProcError."""
    if not (_PROC / "self/stat").exists():
        raise NoProcError("soak needs Linux's /proc to find its processes")
    found = {each.pid: each for each in _all()}
    own = set(_ancestors(os.getpid(), found))
    ours = (each for each in found.values() if each.pid not in own)
    return Family(sandbox, tuple(each for each in ours if each.works_on(state.root)))


def _all() -> Iterable[Process]:
    for path in _PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError):
            command = (path / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
            # The name in parentheses may hold any character, also a parenthesis.
            before, _, after = (path / "stat").read_text("utf-8").rpartition(")")
            name, parent = before.partition("(")[2], int(after.split()[1])
            environment = (path / "environ").read_bytes()
            yield Process(int(path.name), parent, tuple(command), name, environment)


def _ancestors(pid: int, found: Mapping[int, Process]) -> Iterable[int]:
    while pid in found:
        yield pid
        pid = found[pid].parent


def _descends(pid: int, from_: int, parents: Mapping[int, int]) -> bool:
    while pid in parents and pid != from_:
        pid = parents[pid]
    return pid == from_


class Target(StrEnum):
    """The processes to kill; `each` takes the others in turn."""

    MASTER = "gunicorn-master"
    WORKER = "worker"
    SANDBOX = "sandbox"
    AZURITE = "azurite"
    ALL = "all"
    EACH = "each"

    def of_round(self, number: int) -> "Target":
        """Return the target of the round with this number, counted from 0."""
        if self is not Target.EACH:
            return self
        single = [each for each in Target if each is not Target.EACH]
        return single[number % len(single)]

    @property
    def ends_sandbox(self) -> bool:
        return self in {Target.SANDBOX, Target.ALL}


def processes_to_kill(
    target: Target, family: Family, chance: random.Random
) -> dict[str, tuple[int, ...]]:
    """Return the ids of the processes to kill, by a name for them."""
    service = chance.choice(app_names())
    match target:
        case Target.MASTER:
            return {f"the master of {service}": _present(family.masters.get(service))}
        case Target.WORKER:
            return {f"a worker of {service}": _one(family.workers(service), chance)}
        case Target.SANDBOX:
            return {"the sandbox": (family.sandbox,)}
        case Target.AZURITE:
            return {"Azurite": family.azurite}
        case _:
            masters = tuple(family.masters.values())
            workers = tuple(pid for each in app_names() for pid in family.workers(each))
            return {"all at once": (family.sandbox, *family.azurite, *masters, *workers)}


def _present(pid: int | None) -> tuple[int, ...]:
    return () if pid is None else (pid,)


def _one(pids: tuple[int, ...], chance: random.Random) -> tuple[int, ...]:
    return (chance.choice(sorted(pids)),) if pids else ()
