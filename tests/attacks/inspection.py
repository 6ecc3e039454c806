"""Looks at a sandbox from outside, as another user of the machine: its files and processes."""

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.guard import fork_server

OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOOKS_A_SECOND = 50
_LISTENS = "0A"
LOOPBACK = "0100007F"


@contextmanager
def open_to_others(folder: Path) -> Iterator[set[str]]:
    """Yield the paths in `folder` whose own modes let other users read them at any time."""
    found: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(1 / _LOOKS_A_SECOND):
            for path, mode in modes(folder):
                if mode & OTHERS and not stat.S_ISLNK(mode):
                    found.add(f"{path.relative_to(folder)} {stat.filemode(mode)}")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def modes(folder: Path) -> Iterator[tuple[Path, int]]:
    """The folder and all that is in it, with its mode, without files that vanish meanwhile."""
    with suppress(FileNotFoundError):
        yield folder, folder.lstat().st_mode
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(root, name)
            with suppress(FileNotFoundError):
                yield path, path.lstat().st_mode


@dataclass(frozen=True)
class Process:
    """One process, as the kernel describes it."""

    pid: int

    @property
    def title(self) -> str:
        return self._read("cmdline").replace("\0", " ")

    @property
    def name(self) -> str:
        return self._read("comm").strip()

    @property
    def is_forked(self) -> bool:
        """Whether the fork server has made it: its title and environment are the server's."""
        return fork_server.__name__ in self.title

    @property
    def environment(self) -> Mapping[str, str]:
        pairs = (each.partition("=") for each in self._read("environ").split("\0"))
        return {name: value for name, _, value in pairs}

    def holds(self, text: bytes) -> bool:
        """Whether the text is in the memory that it may write to."""
        with Path(f"/proc/{self.pid}/mem").open("rb") as memory:
            for line in self._read("maps").splitlines():
                place, rights, *_ = line.split()
                begin, end = (int(each, 16) for each in place.split("-"))
                if rights.startswith("rw"):
                    memory.seek(begin)
                    if text in memory.read(end - begin):
                        return True
        return False

    def open_files(self) -> Iterator[tuple[str, int]]:
        """Yield its open files, sockets and pipes, each with its mode."""
        for each in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(OSError):
                yield str(each.readlink()), each.stat().st_mode

    def named_sockets(self) -> list[str]:
        """The names of its unix sockets, of those that have one."""
        own = {name for name, _ in self.open_files()}
        lines = [each.split() for each in Path("/proc/net/unix").read_text().splitlines()[1:]]
        return [each[7] for each in lines if len(each) > 7 and f"socket:[{each[6]}]" in own]

    def listens_on(self) -> Iterator[str]:
        """The addresses of its ports, as the kernel writes them: hexadecimal, low byte first."""
        own = {name for name, _ in self.open_files()}
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                if state == _LISTENS and f"socket:[{rest[5]}]" in own:
                    yield local.partition(":")[0]

    def _read(self, what: str) -> str:
        return Path(f"/proc/{self.pid}/{what}").read_bytes().decode(errors="replace")


def tree(pid: int) -> list[Process]:
    """A process and everything below it."""
    parents: dict[int, list[int]] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(each.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(each.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(Process(waiting.pop()))
        waiting += parents.get(found[-1].pid, [])
    return found
