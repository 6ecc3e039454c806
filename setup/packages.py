"""The virtual environment, and the Python packages in it."""

import os
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from setup import room, stamps
from setup.advice import DEBIAN, MACOS, pips_own_settings
from setup.integrity import lacking
from setup.paths import HOME, INSTALLED, OWN_FOLDER, OWNED_MARK, PACKAGES, PYTHON, VENV, lock
from setup.steps import SetUpError, StepError, answer, run
from setup.variables import of_a_step, of_the_command_line

NODE = "node"
_INSTALLS = {
    stamps.RUN: "Python packages (the application and the sandbox)",
    stamps.DEV: "Python packages (the application, the sandbox, the tests)",
    NODE: "Node.js (this machine has none of version 20 or later)",
}
# The base Python is outside any environment, so it outlives the one that is replaced.
_BASE = sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(sys.executable)
_WHICH = "import sys; print(sys.implementation.cache_tag)"


class DamagedError(RuntimeError):
    """A damaged package that pip considers installed, so that reinstalling does not fix it."""


def make_venv(lock_fd: int) -> None:
    """Create the environment, replacing one that does not fit. Raises SetUpError, StepError."""
    if os.pathsep in str(HOME):
        raise SetUpError(f"{HOME} has a colon in its name, which virtual environments do not allow")
    _check_compiler()
    _check_venv()
    _clear()
    command = [_BASE, "-I", "-m", "venv", str(VENV)]
    if uv := shutil.which("uv"):
        command = [uv, "venv", "--quiet", "--allow-existing", "--python", _BASE, str(VENV)]
    run("a virtual environment", command, of_a_step(os.environ), lock_fd, _complaint_of_venv)
    stamps.write(stamps.VENV_STAMP, stamps.venv_stamp())


def adopt_venv() -> bool:
    """Adopt another tool's environment if it has an installer; return whether it does.

    It is kept unchanged: an editor or an older set-up may have created it. Raises OSError.
    """
    pip = [str(PYTHON), "-I", "-m", "pip", "--version"]
    if OWNED_MARK.exists() or not stamps.is_inside() or not _has_uv_or(pip):
        return False
    stamps.write(stamps.VENV_STAMP, stamps.venv_stamp())
    return True


def install(name: str, lock_fd: int) -> None:
    """Install the packages of the lock file `name`, unless they are complete and work.

    Raises DamagedError if the environment must be recreated; else SetUpError, StepError, OSError.
    """
    stamps.remove(name)
    if lacking(lock(name), PACKAGES) or _complaint_of(name):
        _install(name, lock_fd)
    stamps.write(name, stamps.packages_stamp(name))


def _install(name: str, lock_fd: int) -> None:
    # These options override pip's own files, since the last one wins.
    here = ("--no-user", "--target=")
    command = [str(PYTHON), "-I", "-m", "pip", "install", "--disable-pip-version-check", *here]
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--python", str(PYTHON)]
    wanted = ("--require-hashes", "-r", str(lock(name)))

    def complaint() -> str:
        if missing := lacking(lock(name), PACKAGES):
            raise DamagedError(f"{missing[0]}{pips_own_settings(PYTHON)}")
        return _complaint_of(name)

    environment = {**of_a_step(os.environ), **room.sources()}
    run(_INSTALLS[name], [*command, *wanted], environment, lock_fd, complaint)


def _complaint_of(name: str) -> str:
    """Return the error of the installed command line; empty if it works."""
    if name == NODE:
        return ""
    try:
        answer([str(PYTHON), "-P", "-m", "cli", "--help"], of_the_command_line(os.environ, ""))
    except StepError as error:
        return f"the command line does not run: {error.said}"
    return ""


def _clear() -> None:
    """Remove everything that the set-up installed, stamps first; leave others' environments.

    Azurite is reinstalled too, so that deleting .venv fixes everything. In a room, its packages
    came with the project.
    """
    stamps.remove(stamps.VENV_STAMP, *_INSTALLS, stamps.AZURITE_STAMP)
    if not room.WHEELS.is_dir():
        INSTALLED.unlink(missing_ok=True)
    if OWNED_MARK.exists():
        for each in VENV.iterdir():
            if each.is_dir() and not each.is_symlink() and each != OWN_FOLDER:
                shutil.rmtree(each)
            elif each != OWN_FOLDER:
                each.unlink()


def _complaint_of_venv() -> str:
    try:
        said = answer([str(PYTHON), "-I", "-c", _WHICH], of_a_step(os.environ))
    except StepError as error:
        return f"{PYTHON} does not run: {error.said}"
    wanted = sys.implementation.cache_tag
    return "" if said == wanted else f"{PYTHON} is {said}, not {wanted}: delete {VENV}"


def has_compiler() -> bool:
    """Return whether this machine has a C compiler."""
    return bool(shutil.which("cc") or shutil.which("gcc"))


def has_headers() -> bool:
    """Return whether this machine has the C headers of Python."""
    return Path(sysconfig.get_path("include"), "Python.h").exists()


def has_venv_module() -> bool:
    """Return whether a virtual environment can be created, by uv or by Python itself."""
    return _has_uv_or([_BASE, "-I", "-c", "import ensurepip, venv"])


def _check_compiler() -> None:
    """Require a compiler: the AMQP engine (python-qpid-proton) is compiled on this machine.

    A room's packages have it compiled.
    """
    if room.WHEELS.is_dir():
        return
    if not has_compiler():
        raise SetUpError(
            f"needs a C compiler to build its AMQP engine (Debian: {DEBIAN}; macOS: {MACOS})"
        )
    if not has_headers():
        raise SetUpError(f"needs the C headers of {_BASE} (Debian: {DEBIAN}; macOS: {MACOS})")


def _check_venv() -> None:
    if not has_venv_module():
        raise SetUpError(f"needs Python's venv module (Debian: {DEBIAN}; macOS: {MACOS})")


def _has_uv_or(command: Sequence[str]) -> bool:
    """Return whether uv is installed, or else `command` succeeds."""
    if shutil.which("uv"):
        return True
    try:
        answer(command, of_a_step(os.environ))
    except StepError:
        return False
    return True
