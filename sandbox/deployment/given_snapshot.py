"""The deployment that `--snapshot` names: a snapshot, or Bicep that is compiled to one."""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.deployment.in_force import is_own, origin, source
from sandbox.deployment.load import load
from sandbox.deployment.resources import Deployment
from sandbox.state import State

_PARAMETERS, _TEMPLATE = ".bicepparam", ".bicep"
# Made-up ids, as in infra/bicep/snapshot.
_PLACE = (
    *("--subscription-id", "5ab5c21b-0000-4000-8000-000000000000"),
    *("--tenant-id", "7e4a4700-0000-4000-8000-000000000000"),
    *("--location", "westeurope", "--deployment-name", "sandbox"),
)
# Lets Bicep start on a machine without libicu.
_WITHOUT_ICU = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
_GROUP = ("--resource-group", "rg-sandbox")
_USING = re.compile(r"^\s*using\s+'([^']+)'", re.MULTILINE)
_SCOPE = re.compile(r"^\s*targetScope\s*=\s*'(\w+)'", re.MULTILINE)
_EXCEPTION = re.compile(r"^Unhandled exception: [\w.]+: ")


class GivenError(ValueError):
    """A file that is no deployment; the message says why."""


def given_snapshot(state: State, path: Path) -> Path:
    """Return the snapshot that `path` is; for a .bicepparam or .bicep, compile it into `state`.

    Raises GivenError, or OSError if the compiled snapshot cannot be kept.
    """
    path = path.absolute()
    check_file(path)
    return keep(state, path, compile_bicep(path)) if is_bicep(path) else path


def check_file(path: Path) -> None:
    """Raise GivenError for a path that leads to no file."""
    if path.is_dir():
        raise GivenError(f"{path} is a folder: name a snapshot, a .bicepparam or a .bicep in it")
    if not path.exists():
        raise GivenError(f"there is no file {path}")


def keep(state: State, path: Path, snapshot: bytes) -> Path:
    """Keep the snapshot that the Bicep at `path` was compiled to. Raises OSError."""
    return state.write(compiled_path(state, path).name, snapshot)


def compiled_path(state: State, path: Path) -> Path:
    """Return the place in `state` for the snapshot that the Bicep at `path` is compiled to."""
    # A name for each file: another one must not replace the deployment of the next start.
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    return state.path(f"compiled-{name}.snapshot.json")


def last_compiled(state: State, path: Path) -> Path | None:
    """Return the remembered snapshot of the Bicep at `path` where no Bicep CLI can compile it.

    Raises ValueError if the file that remembers it is broken.
    """
    if not is_bicep(path) or path.resolve() != origin(state).resolve() or shutil.which(_program()):
        return None
    kept = source(state)
    return kept if kept.exists() else None


def deployment_of(state: State, path: Path | None) -> Deployment:
    """Return the deployment that `path` is, by default the one in force.

    Raises GivenError, SnapshotError, RegistrationError, or OSError.
    """
    if path is None:
        return load(state)
    found = given_snapshot(state, path)
    return load(state, found, is_own=is_own(state, found))


def is_bicep(path: Path) -> bool:
    """Return whether a file has to be compiled."""
    return path.suffix in {_PARAMETERS, _TEMPLATE}


def will_compile(path: Path) -> bool:
    """Return whether a file is Bicep and a Bicep CLI can compile it, which takes seconds."""
    return is_bicep(path) and path.is_file() and shutil.which(_program()) is not None


def template_of(path: Path) -> Path:
    """Return the template of a file of parameters; of a template, itself. Raises OSError."""
    using = _USING.search(path.read_text("utf-8")) if path.suffix == _PARAMETERS else None
    return path.parent / using[1] if using else path


def compile_bicep(path: Path) -> bytes:
    """Return the snapshot of a Bicep file, whose readings of the environment are the user's own.

    Raises GivenError, or OSError if it cannot be read.
    """
    with _parameters(path) as parameters:
        made = parameters.with_suffix(".snapshot.json")
        group = _GROUP if _is_for_a_group(parameters) else ()
        command = [_compiler(), "snapshot", str(parameters), "--mode", "overwrite", *_PLACE, *group]
        try:
            done = subprocess.run(
                command,
                env={**os.environ, **_WITHOUT_ICU},
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
            if done.returncode:
                raise GivenError(f"{path} does not compile: {_said(done, parameters, path)}")
            return made.read_bytes()
        finally:
            made.unlink(missing_ok=True)


def _is_for_a_group(parameters: Path) -> bool:
    """Return whether the template is deployed to a resource group; Bicep asks for its name then."""
    template = template_of(parameters)
    text = template.read_text("utf-8") if template.is_file() else ""
    scope = _SCOPE.search(text)
    return scope is None or scope[1] == "resourceGroup"


@contextlib.contextmanager
def _parameters(path: Path) -> Iterator[Path]:
    """Yield a file of parameters beside `path`, where its relative paths hold.

    It has a name of its own, since Bicep writes the snapshot beside it. Raises GivenError.
    """
    own = path.with_name(f".keyless-{os.getpid()}{_PARAMETERS}")
    text = path.read_text("utf-8") if path.suffix == _PARAMETERS else f"using './{path.name}'\n"
    try:
        own.write_text(text, "utf-8")
        yield own
    except OSError as error:
        raise GivenError(
            f"{path} cannot be compiled in its folder ({error.strerror}): copy it, or take the"
            " snapshot with bicep snapshot"
        ) from error
    finally:
        own.unlink(missing_ok=True)


def _compiler() -> str:
    """Return the path of the Bicep CLI. Raises GivenError if there is none."""
    named = _program()
    found = shutil.which(named)
    if found is None:
        raise GivenError(
            f"{named!r} was not found: install the Bicep CLI (https://aka.ms/bicep-install), name"
            " it in the variable BICEP, or give a snapshot"
        )
    return found


def _program() -> str:
    return os.environ.get("BICEP", "bicep")


def _said(done: "subprocess.CompletedProcess[str]", own: Path, path: Path) -> str:
    """Return the compiler's first error, about the user's own file."""
    lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if " : Error " in line] or lines or ["it printed nothing"]
    # What is wrong in a file whose modules have errors (BCP104) follows from those.
    follow = {_file(line) for line in errors if "BCP104" in line}
    errors = [line for line in errors if _file(line) not in follow] or errors
    return _EXCEPTION.sub("", errors[0]).replace(str(own), str(path))


def _file(line: str) -> str:
    """Return the file that an error of the compiler is about."""
    return line.partition("(")[0]
