"""The machine of the measurements, without which figures mean nothing."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

_CPU = Path("/proc/cpuinfo")
_MODEL = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Machine:
    """The parts that determine speed; `load` is that of the minute before the bench."""

    cpu: str
    cores: int
    memory_gb: float
    kernel: str
    python: str
    load: float

    def __str__(self) -> str:
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory_gb:.0f} GB, {self.kernel}, "
            f"Python {self.python}, load {self.load:.1f} before the first run"
        )


def this_machine() -> Machine:
    """Return the current machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=cpu_model(_CPU.read_text("utf-8") if _CPU.exists() else ""),
        cores=os.cpu_count() or 1,
        memory_gb=round(pages / 2**30, 1),
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
    )


def cpu_model(cpuinfo: str) -> str:
    """Return the processor's name from /proc/cpuinfo, or from Python."""
    found = _MODEL.search(cpuinfo)
    return found[1].strip() if found else platform.processor() or platform.machine()
