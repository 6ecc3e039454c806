"""Templates and parameters in files; the Bicep CLI compiles Bicep files."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.rehearsal.values import Unknown

_LONGEST = 300  # seconds: far more than the CLI takes


class FilesError(Exception):
    """A file that cannot be used; the message names it and the fix."""


class NoCompilerError(FilesError):
    """Bicep files need a Bicep CLI, and there is none."""

    def __init__(self) -> None:
        program = os.environ.get("BICEP", "bicep")
        super().__init__(
            f"there is no {program!r}: install the Bicep CLI (https://aka.ms/bicep-install), or"
            " name it in the variable BICEP"
        )


@dataclass(frozen=True)
class Template:
    """A template, with the compiler's messages."""

    content: Mapping[str, Any]
    diagnostics: str = ""


def compiler() -> str:
    """Return the path of the Bicep CLI: BICEP, or the one on PATH. Raises NoCompilerError."""
    found = shutil.which(os.environ.get("BICEP", "bicep"))
    if found is None:
        raise NoCompilerError
    return found


def has_compiler() -> bool:
    """Return whether there is a Bicep CLI."""
    try:
        compiler()
    except NoCompilerError:
        return False
    return True


def read_template(path: Path) -> Template:
    """Read a template, compiled or in Bicep. Raises FilesError."""
    if path.suffix == ".bicep":
        done = _bicep("build", path)
        return Template(_object(path, done.stdout), done.stderr)
    return Template(_object(path, _text(path)))


def read_both(parameters: Path) -> tuple[Template, Mapping[str, Any]]:
    """Read a .bicepparam and the template that it uses, compiled once. Raises FilesError."""
    done = _bicep("build-params", parameters)
    built = _object(parameters, done.stdout)
    template = _object(parameters, str(built.get("templateJson")))
    return Template(template, done.stderr), _values(parameters, built)


def read_parameters(path: Path) -> Mapping[str, Any]:
    """Read the values of parameters from a file of them, in JSON or Bicep. Raises FilesError.

    A secret that Azure would take from a vault is an Unknown.
    """
    text = _text(path)
    if path.suffix == ".bicepparam":
        return _values(path, _object(path, _bicep("build-params", path).stdout))
    return _plain(path, _object(path, text))


def _values(path: Path, built: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters of what the CLI built from a .bicepparam."""
    return _plain(path, _object(path, str(built.get("parametersJson"))))


def _plain(path: Path, given: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = given.get("parameters", given)
    if not isinstance(parameters, dict):
        raise FilesError(f"{path} has no object of parameters")
    plain = {name: each for name, each in parameters.items() if not name.startswith("$")}
    return {name: _value(name, each) for name, each in plain.items() if name != "contentVersion"}


def _value(name: str, given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    if "reference" in given:
        return Unknown(f"the secret of the parameter {name}")
    return given.get("value")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FilesError(f"{path} cannot be read: {error}") from None


def _object(path: Path, text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FilesError(f"{path} is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise FilesError(f"{path} holds no JSON object")
    return found


def _bicep(command: str, path: Path) -> subprocess.CompletedProcess[str]:
    # Without ICU, which the CLI needs for messages in other languages only.
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    try:
        done = subprocess.run(
            [compiler(), command, str(path), "--stdout"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FilesError(f"the Bicep CLI does not work: {error}") from None
    if done.returncode:
        raise FilesError(f"{path} does not compile: {done.stderr.strip() or done.stdout.strip()}")
    return done
