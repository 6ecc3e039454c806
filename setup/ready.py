"""`./keyless lab ready`: look whether a machine can run the labs, before anything is installed.

It uses the standard library alone, and changes nothing.
"""

import json
import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from setup import stamps
from setup.advice import DEBIAN, MACOS
from setup.azurite import own_node
from setup.packages import has_compiler, has_headers, has_venv_module
from setup.paths import HOME
from setup.room import BICEP, WHEELS, complaint

_OLDEST_PYTHON = (3, 11)
_MB = 1_000_000
# Bytes: the set-up with Azurite and as much for unpacking; a lab's state; one sandbox.
_DISK_OF_SET_UP, _DISK_OF_A_LAB, _MEMORY = 1000 * _MB, 200 * _MB, 700 * _MB
_PORTS = 12  # a sandbox with its four services
_LONGEST_ANSWER = 5.0  # seconds
_DAY = 24 * 3600.0
_SYNCHRONIZE = "set it: timedatectl set-ntp true (macOS: System Settings, Date & Time)"


@dataclass(frozen=True)
class Finding:
    """One look at the machine. `ok` is None for what is missing and not needed.

    `do` tells how to mend it, and is empty where all is well.
    """

    check: str
    ok: bool | None
    found: str
    do: str = ""


def main(arguments: Sequence[str]) -> int:
    """Print the findings, as JSON with `--json`; return the exit status."""
    unknown = [each for each in arguments if each != "--json"]
    if unknown:
        print(f"keyless: lab ready takes --json, not {unknown[0]}.", file=sys.stderr)
        return 64  # EX_USAGE
    found = list(findings())
    if "--json" in arguments:
        print(json.dumps([asdict(each) for each in found], indent=2))
    else:
        print("\n".join(map(_line, found)))
    return int(any(each.ok is False for each in found))


def findings() -> Iterator[Finding]:
    """Look at everything that the labs need."""
    is_set_up = stamps.all_hold(stamps.RUN)
    yield python(sys.version_info[:3])
    yield compiler(is_set_up=is_set_up)
    yield ports()
    yield clock(time.time())
    yield disk(shutil.disk_usage(HOME).free, is_set_up=is_set_up)
    yield memory(_available_memory())
    yield node()
    yield set_up(is_set_up=is_set_up)
    yield bicep()


def python(version: tuple[int, ...]) -> Finding:
    """Look at the Python that would run everything, and its venv module."""
    shown = f"{'.'.join(map(str, version))} at {sys.executable}"
    if version < _OLDEST_PYTHON:
        return Finding("Python", False, shown, f"install Python 3.11 or later (Debian: {DEBIAN})")
    if why := complaint():
        return Finding("Python", False, shown, why)
    if not has_venv_module():
        do = f"install its venv module (Debian: {DEBIAN}; macOS: {MACOS})"
        return Finding("Python", False, f"{shown}, without venv", do)
    return Finding("Python", True, shown)


def compiler(*, is_set_up: bool) -> Finding:
    """Look for what compiles the AMQP engine, which the set-up does once."""
    if is_set_up or WHEELS.is_dir():
        return Finding("C compiler", True, "not needed: everything is compiled")
    missing = [
        name
        for name, is_there in (("gcc", has_compiler()), ("Python.h", has_headers()))
        if not is_there
    ]
    if missing:
        return Finding(
            "C compiler",
            False,
            f"no {' and no '.join(missing)}",
            f"install them (Debian: {DEBIAN}; macOS: {MACOS})",
        )
    return Finding("C compiler", True, shutil.which("cc") or shutil.which("gcc") or "")


def ports() -> Finding:
    """Listen on free ports of loopback, and reach one of them."""
    sockets = [socket.socket() for _ in range(_PORTS)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
            each.listen()
        with socket.create_connection(sockets[0].getsockname(), timeout=_LONGEST_ANSWER):
            pass
    except OSError as error:
        do = "let programs listen on 127.0.0.1: a firewall or a container may forbid it"
        return Finding("Ports", False, f"127.0.0.1 cannot be used: {error}", do)
    finally:
        for each in sockets:
            each.close()
    return Finding("Ports", True, f"{_PORTS} ports of 127.0.0.1 are free")


def clock(now: float) -> Finding:
    """Compare the clock with the project's own files, which it must not be behind.

    A clock that is a little wrong does no harm: the sandbox issues and checks its tokens by the
    same clock. One that is years behind makes a certificate of the registry invalid.
    """
    written = max(each.stat().st_mtime for each in (HOME / "keyless", HOME / "README.md"))
    shown = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    if now < written - _DAY:
        return Finding("Clock", False, f"{shown}, before these files were written", _SYNCHRONIZE)
    return Finding("Clock", True, shown)


def disk(free: int, *, is_set_up: bool) -> Finding:
    """Look at the free space in bytes."""
    needed = _DISK_OF_A_LAB if is_set_up else _DISK_OF_SET_UP
    shown = f"{free // _MB} MB free at {HOME}"
    if free < needed:
        return Finding("Disk", False, shown, f"free at least {needed // _MB} MB")
    return Finding("Disk", True, shown)


def memory(available: int | None) -> Finding:
    """Look at the available memory in bytes; None if the machine does not tell."""
    if available is None:
        return Finding("Memory", True, "unknown; a lab takes up to 700 MB")
    shown = f"{available // _MB} MB available"
    if available < _MEMORY:
        do = "a lab takes up to 700 MB: end other programs; on a shared host, that much a head"
        return Finding("Memory", False, shown, do)
    return Finding("Memory", True, f"{shown}, enough for {available // _MEMORY} learners")


def node() -> Finding:
    """Look for a Node.js that can run Azurite; without one, the set-up installs it."""
    found = own_node()
    if found is None:
        return Finding("Node.js", True, "none of version 20 or later: the set-up brings its own")
    return Finding("Node.js", True, found.path)


def set_up(*, is_set_up: bool) -> Finding:
    """Look whether the packages are installed."""
    if is_set_up:
        return Finding("Set-up", True, "done")
    where = "from this folder" if WHEELS.is_dir() else "from the registries of Python and npm"
    return Finding("Set-up", None, "not done", f"./keyless lab does it, {where}, in some minutes")


def bicep() -> Finding:
    """Look for the Bicep CLI, which the labs can do without."""
    found = shutil.which(os.environ.get("BICEP", "bicep")) or (str(BICEP) if BICEP.exists() else "")
    if found:
        return Finding("Bicep CLI", True, found)
    do = "optional: with it, labs can be mended in Bicep, too: https://aka.ms/bicep-install"
    return Finding("Bicep CLI", None, "none", do)


def _available_memory() -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    if platform.system() == "Darwin":  # it does not tell what is available, only what there is
        with suppress(OSError, ValueError):
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _line(finding: Finding) -> str:
    mark = {True: "✓", False: "✗", None: "•"}[finding.ok]
    do = f"\n  {' ':<12}{finding.do}" if finding.do else ""
    line = f"{mark} {finding.check:<12}{finding.found}{do}"
    encoding = sys.stdout.encoding or "ascii"
    return line.encode(encoding, "backslashreplace").decode(encoding)
