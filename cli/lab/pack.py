"""`keyless lab pack`: one archive with everything for a room without internet."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cli.terminal import one_sentence, out, timed
from sandbox.commands import KEYLESS
from sandbox.state import PROJECT
from setup import room
from setup.paths import HOME, MODULES, PYTHON, lock
from setup.variables import of_a_step

_TOP = "keyless"
_LOCKS = ("run", "node")
_NOTE = "ROOM.md"
# ELF, and Mach-O in its two byte orders and as a universal binary.
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe")
_LEFT_OUT = {".git", ".venv", ".tools", ".keyless", "node_modules", "room", "__pycache__"}
# Wheels are compressed already, and the rest is small.
_LEVEL = 3

_TEXT = """\
# Keyless, for a room without internet

This folder has the project, its packages, and Azurite{compiler}. It is for {machine}.
Needed on each machine: that Python with its venv module, and 1 GB of disk.

    ./keyless lab ready
    ./keyless lab

The first command that runs the project sets it up from this folder, in less than two minutes.
docs/labs.md explains the labs.
"""


class PackError(RuntimeError):
    """A room that cannot be packed; the message is one sentence."""


def pack(to: Path | None) -> None:
    """Write the archive to the file `to`, or to one in this folder with the machine's name."""
    machine = room.this_machine()
    name = f"{_TOP}-room-{machine['platform']}-{machine['python']}.tar.gz"
    archive = (to or Path(name)).absolute()
    with one_sentence(PackError, OSError, subprocess.SubprocessError):
        _check(archive)
        with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
            made = Path(folder)
            with timed("Packages of Python: downloaded, and compiled where needed,"):
                locks = [_wheels(each, made) for each in _LOCKS]
            bicep = _compiler()
            _write_room(made, machine, with_compiler=bicep is not None)
            with timed("Archive: written"):
                _write(archive, made, locks, bicep)
    size = archive.stat().st_size / 1_000_000
    if bicep is None:
        out.print("There is no Bicep CLI in it: BICEP names none, and the PATH has none.")
    out.print(f"{archive} ({size:.0f} MB). In the room:\n")
    out.print(f"  tar -xzf {archive.name} && cd {_TOP} && {KEYLESS} lab ready", markup=False)


def _check(archive: Path) -> None:
    if not archive.parent.is_dir():
        raise PackError(f"there is no folder {archive.parent}")
    if not (MODULES / "azurite").is_dir():
        raise PackError(f"Azurite is not installed: run {KEYLESS} once")


def _wheels(name: str, made: Path) -> Path:
    """Put the wheels of a lock file into the room; return a lock that knows those compiled here."""
    wheels = made / "wheels"
    wheels.mkdir(exist_ok=True)
    there = set(wheels.iterdir())
    with out.status("downloading packages"):
        done = subprocess.run(
            [
                *(_python_with_pip(), "-I", "-m", "pip", "wheel", "--disable-pip-version-check"),
                *("--quiet", "--require-hashes", "-r", str(lock(name)), "-w", str(wheels)),
            ],
            env=of_a_step(os.environ),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if done.returncode:
        said = [each for each in done.stderr.splitlines() if each.strip()] or ["it says nothing"]
        raise PackError(f"pip cannot collect the packages of {lock(name)}: {said[-1]}")
    written = made / f"{name}.txt"
    new = sorted(set(wheels.iterdir()) - there)
    written.write_text(with_hashes(lock(name).read_text("utf-8"), new), "utf-8")
    return written


def _python_with_pip() -> str:
    """Return the environment's Python, or its base: an environment of uv's has no pip."""
    if importlib.util.find_spec("pip"):
        return str(PYTHON)
    return str(Path(sys.base_prefix) / "bin" / room.this_machine()["program"])


def with_hashes(text: str, wheels: list[Path]) -> str:
    """Return a lock file that also has the hashes of the wheels that were compiled here."""
    for each in wheels:
        digest = hashlib.sha256(each.read_bytes()).hexdigest()
        if digest in text:
            continue
        name, version = each.name.split("-")[:2]
        pinned = re.compile(
            rf"^({re.sub('[-_.]+', '[-_.]+', name)}=={re.escape(version)}( ;[^\n]*)?) \\$",
            re.MULTILINE | re.IGNORECASE,
        )
        text, found = pinned.subn(rf"\1 \\\n    --hash=sha256:{digest} \\", text)
        if found != 1:
            raise PackError(f"{each.name} is in no line of the lock file")
    return text


def _compiler() -> Path | None:
    """Return the Bicep CLI of this machine, if it is one file that runs anywhere."""
    found = shutil.which(os.environ.get("BICEP", "bicep"))
    if found is None:
        return None
    program = Path(found).resolve()
    with program.open("rb") as file:
        return program if file.read(4) in _PROGRAMS else None


def _write_room(made: Path, machine: dict[str, str], *, with_compiler: bool) -> None:
    (made / room.MACHINE.name).write_text(json.dumps(machine) + "\n", "utf-8")
    (made / "python").write_text(f"{machine['program']}\n", "utf-8")
    compiler = ", with the Bicep CLI" if with_compiler else ""
    where = f"{machine['program']} on {machine['platform']}"
    (made / _NOTE).write_text(_TEXT.format(compiler=compiler, machine=where), "utf-8")


def _write(archive: Path, made: Path, locks: list[Path], bicep: Path | None) -> None:
    """Write the archive beside its place, and move it there once it is whole."""
    draft = made / "archive"
    inside = Path(_TOP) / room.ROOM.name
    with (
        out.status("writing the archive"),
        tarfile.open(draft, "w:gz", compresslevel=_LEVEL) as tar,
    ):
        replaced = {f"requirements/{each.name}": each for each in locks}
        for name in project_files():
            tar.add(replaced.get(name, PROJECT / name), Path(_TOP) / name, filter=_of_nobody)
        tar.add(made / _NOTE, Path(_TOP) / _NOTE, filter=_of_nobody)
        for name in ("wheels", "python", room.MACHINE.name):
            tar.add(made / name, inside / name, filter=_of_nobody)
        modules = Path(_TOP) / MODULES.relative_to(HOME)
        tar.add(MODULES.resolve(), modules, filter=_of_nobody)
        if bicep is not None:
            tar.add(bicep, inside / room.BICEP.relative_to(room.ROOM), filter=_of_nobody)
    draft.replace(archive)


def project_files() -> Iterator[str]:
    """Yield the files of the project by their paths in it: those of git, or all but what is made.

    A file that git does not know stays here: it may be private. So do links: `.venv` may be one.
    """
    if (PROJECT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=PROJECT,
            capture_output=True,
            check=True,
        )
        names = [each.decode() for each in listed.stdout.split(b"\0") if each]
    else:
        names = list(_walked())
    for name in sorted(names):
        path = PROJECT / name
        if path.is_file() and not path.is_symlink() and not _LEFT_OUT & set(Path(name).parts):
            yield name


def _walked() -> Iterator[str]:
    """Yield every file of the project but those of the folders that are left out."""
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [each for each in folders if each not in _LEFT_OUT]
        yield from (str((Path(folder) / each).relative_to(PROJECT)) for each in files)


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out the name of this machine's user, and bytecode."""
    if "__pycache__" in Path(member.name).parts:
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
