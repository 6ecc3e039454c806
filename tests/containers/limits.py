"""The limits of a container as control groups of this machine, of version 1 or 2."""

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path("/sys/fs/cgroup")
_PERIOD = 100_000  # microseconds, as the engine takes it
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}


@dataclass(frozen=True)
class Limits:
    """The processors, the bytes of memory and the processes that one container may use."""

    name: str
    cpus: float
    memory: int
    pids: int

    @classmethod
    def of(cls, name: str, service: Mapping[str, Any]) -> "Limits":
        """The limits that the compose file sets for a service."""
        return cls(
            name, float(service["cpus"]), in_bytes(service["mem_limit"]), service["pids_limit"]
        )

    def set(self) -> None:
        """Make the groups. Raises OSError where this machine does not allow any."""
        for file, value in self._values().items():
            file.parent.mkdir(exist_ok=True)
            file.write_text(value)

    def within(self, command: Sequence[str]) -> list[str]:
        """Run `command` in the groups."""
        enter = " && ".join(
            f"echo $$ >{shlex.quote(f'{each}/cgroup.procs')}" for each in self._groups()
        )
        return ["sh", "-ec", f'{enter} && exec "$@"', "sh", *command]

    def remove(self) -> None:
        """Take the groups away, once their processes have ended, or after five seconds fail."""
        until = time.monotonic() + 5
        for each in self._groups():
            while (each / "cgroup.procs").read_text() and time.monotonic() < until:
                time.sleep(0.1)
            each.rmdir()

    @property
    def seconds_of_a_processor(self) -> float:
        """The time that its processes have had of a processor so far."""
        if _is_version_2():
            lines = (self._group("") / "cpu.stat").read_text().splitlines()
            return int(dict(each.split() for each in lines)["usage_usec"]) / 1e6
        return int((self._group("cpuacct") / "cpuacct.usage").read_text()) / 1e9

    @property
    def most_memory(self) -> int:
        """The most bytes that they have had at once."""
        if _is_version_2():
            return int((self._group("") / "memory.peak").read_text())
        return int((self._group("memory") / "memory.max_usage_in_bytes").read_text())

    def _values(self) -> Mapping[Path, str]:
        quota = round(self.cpus * _PERIOD)
        if _is_version_2():
            group = self._group("")
            return {
                _ROOT / "cgroup.subtree_control": "+cpu +memory +pids",
                group / "cpu.max": f"{quota} {_PERIOD}",
                group / "memory.max": str(self.memory),
                group / "pids.max": str(self.pids),
            }
        return {
            self._group("cpuacct") / "cpuacct.usage": "0",
            self._group("cpu") / "cpu.cfs_quota_us": str(quota),
            self._group("memory") / "memory.limit_in_bytes": str(self.memory),
            self._group("pids") / "pids.max": str(self.pids),
        }

    def _groups(self) -> Iterator[Path]:
        controllers = [""] if _is_version_2() else ["cpuacct", "cpu", "memory", "pids"]
        return (self._group(each) for each in controllers)

    def _group(self, controller: str) -> Path:
        return _ROOT / controller / self.name


def in_bytes(size: str) -> int:
    """Read a size as the compose file writes it: 512m is that many mebibytes.

    https://docs.docker.com/reference/compose-file/extension/#specifying-byte-values
    """
    return int(size[:-1]) * _UNITS[size[-1]]


def _is_version_2() -> bool:
    return (_ROOT / "cgroup.controllers").exists()
