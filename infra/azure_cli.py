"""Calls of the Azure CLI; no other module calls it.

On Windows, az is a batch file. cmd.exe would run it and interpret `(`, `)`, `&`, `%` and `^` in
arguments (Azure/azure-cli#8506, #14783, #15214). So az's own Python is called
there, with the arguments that the batch file passes (build_scripts/windows/scripts/az_msi.cmd in
Azure/azure-cli). Not run on Windows.
"""

import json
import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

INSTALL = "install the Azure CLI: https://aka.ms/azure-cli"

# Python's path relative to the batch file: the installer and the ZIP have it one folder up, pip has
# it beside `az.bat` in a virtual environment and one folder up elsewhere.
_BATCH_FILES = {"az.cmd": ("../python.exe",), "az.bat": ("python.exe", "../python.exe")}
_AS_AZ_CMD_DOES = ("-IBm", "azure.cli")


class AzureCliError(Exception):
    """The Azure CLI failed; the message is a sentence that says why."""


class NotInstalledError(AzureCliError):
    """There is no usable Azure CLI on the PATH."""


class CommandFailedError(AzureCliError):
    """A command failed; `said` is its standard error, `status` its exit status."""

    def __init__(self, arguments: Sequence[str], status: int, said: str) -> None:
        reason = said or f"exit status {status}"
        super().__init__(f"az {' '.join(arguments[:3])} failed: {reason}")
        self.status, self.said = status, said


def ask(*arguments: str, subscription: str = "") -> Any:
    """Return a command's output, parsed as JSON; None if it is empty. Raises AzureCliError."""
    said = run(*arguments, "--output", "json", subscription=subscription)
    return json.loads(said) if said.strip() else None


def run(*arguments: str, subscription: str = "") -> str:
    """Return a command's standard output. Raises AzureCliError.

    Standard input is empty, so the command cannot prompt. The default `subscription` is the Azure
    CLI's own.
    """
    of = ("--subscription", subscription) if subscription else ()
    try:
        done = subprocess.run(
            [*command(), *arguments, "--only-show-errors", *of],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding=locale.getencoding(),  # az's encoding, even if this Python is in UTF-8 mode
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise NotInstalledError(f"az cannot be started ({error}); {INSTALL}.") from error
    if done.returncode:
        raise CommandFailedError(arguments, done.returncode, done.stderr.strip())
    return done.stdout


def command(platform: str | None = None, path: str | None = None) -> list[str]:
    """Return the command that starts the Azure CLI, without arguments.

    `platform` is as in sys.platform, `path` as in PATH; the defaults are this machine's. Raises
    NotInstalledError if az is not on the PATH or has an unknown layout.
    """
    path = os.environ.get("PATH", os.defpath) if path is None else path
    if (platform or sys.platform) == "win32":
        return _on_windows([Path(each) for each in path.split(os.pathsep) if each])
    found = shutil.which("az", path=path)
    if found is None:
        raise NotInstalledError(f"'az' is not on the PATH; {INSTALL}.")
    return [found]


def _on_windows(folders: Sequence[Path]) -> list[str]:
    # Not shutil.which: its result depends on PATHEXT, and the folder also contains a shell script
    # named `az`.
    for folder in folders:
        if (folder / "az.exe").is_file():
            return [str(folder / "az.exe")]
        for name, places in _BATCH_FILES.items():
            if (folder / name).is_file():
                return [str(_python(folder, name, places)), *_AS_AZ_CMD_DOES]
    raise NotInstalledError(f"'az.cmd' is not on the PATH; {INSTALL}.")


def _python(folder: Path, name: str, places: Sequence[str]) -> Path:
    for place in places:
        found = folder.joinpath(place).resolve()
        if found.is_file():
            return found
    raise NotInstalledError(
        f"{folder / name} has no Python at {' or '.join(places)}, so it is not the Azure CLI's "
        f"batch file. Put the Azure CLI's folder first in the PATH, or {INSTALL}."
    )
