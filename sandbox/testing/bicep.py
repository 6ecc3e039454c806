"""A snapshot of a parameter file of Bicep, made by the Bicep CLI without Azure."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PARAMETERS = ".bicepparam"

# Made up: a deployment has them before it is deployed anywhere.
_OPTIONS = (
    *("--mode", "overwrite", "--location", "westeurope", "--deployment-name", "sandbox"),
    *("--subscription-id", "5ab5c21b-0000-4000-8000-000000000000"),
    *("--tenant-id", "7e4a4700-0000-4000-8000-000000000000"),
)
_IN_A_GROUP = ("--resource-group", "sandbox")
# Bicep's own words, of version 0.45.
_IN_NO_GROUP = "Resource group name cannot be specified"
_NO_COMPILER = (
    "{} needs the Bicep CLI, which was not found: install it (https://aka.ms/bicep-install), name"
    " it in the variable BICEP, or give a snapshot instead"
)


class BicepError(ValueError):
    """A parameter file that cannot be compiled; the message is one sentence."""


def compiled(parameters: Path, folder: Path) -> Path:
    """Compile `parameters` to a snapshot in `folder`, and return its path. Raises BicepError.

    Bicep writes a snapshot beside its parameter file, whose own snapshot stays as it is: a copy of
    the file is compiled, since Bicep finds the template by the file's place.
    """
    program = shutil.which(os.environ.get("BICEP") or "bicep")
    if program is None:
        raise BicepError(_NO_COMPILER.format(parameters))
    try:
        return _compiled(program, parameters, folder)
    except OSError as error:
        raise BicepError(f"cannot compile {parameters}: {error.strerror or error}") from error


def _compiled(program: str, parameters: Path, folder: Path) -> Path:
    with tempfile.NamedTemporaryFile(
        prefix=".keyless-", suffix=PARAMETERS, dir=parameters.parent
    ) as copy:
        copy.write(parameters.read_bytes())
        copy.flush()
        made = Path(copy.name).with_suffix(".snapshot.json")
        try:
            said = _run(program, Path(copy.name))
            if not made.exists():
                raise BicepError(f"{parameters} does not compile: {_first_error(said, copy.name)}")
            return Path(shutil.move(made, folder / f"{parameters.stem}.snapshot.json"))
        finally:
            made.unlink(missing_ok=True)


def _run(program: str, parameters: Path) -> str:
    """Compile for a resource group, or for the subscription that the template asks for."""
    said = ""
    for place in (_IN_A_GROUP, ()):
        done = subprocess.run(
            [program, "snapshot", str(parameters), *_OPTIONS, *place],
            # Lets Bicep start on a machine without libicu.
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        said = done.stdout + done.stderr
        if _IN_NO_GROUP not in said:
            break
    return said


def _first_error(said: str, copy: str) -> str:
    """Return the first error of the compiler, with the name of the user's own file."""
    lines = [each for each in said.splitlines() if " : Error " in each] or said.splitlines()
    first = lines[0] if lines else "the Bicep CLI ended without a word"
    return first.replace(Path(copy).name, "the parameter file").strip()
