"""The Azure CLI and azd as a step calls them, and the values of the azd environment."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from infra import azure_cli


class Stop(Exception):
    """What ends a step: one sentence that says what is wrong, and what to do."""


def az(*arguments: str) -> Any:
    """Return what the Azure CLI answers, out of its JSON; None for no answer. Raises Stop."""
    try:
        return azure_cli.ask(*arguments, subscription=subscription())
    except azure_cli.AzureCliError as error:
        raise Stop(str(error)) from error


def az_lines(*arguments: str) -> Sequence[str]:
    """Return what the Azure CLI prints, line by line. Raises Stop."""
    try:
        return azure_cli.run(*arguments, subscription=subscription()).splitlines()
    except azure_cli.AzureCliError as error:
        raise Stop(str(error)) from error


def remember(name: str, value: str) -> None:
    """Put a value into the azd environment; azd reads it again after the hook. Raises Stop."""
    found = shutil.which("azd")
    if found is None:
        raise Stop("'azd' is not on the PATH; install the Azure Developer CLI: https://aka.ms/azd.")
    command = [found, "env", "set", name, value]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or f"it ended with status {done.returncode}"
        raise Stop(f"azd env set {name} failed: {said}")


def value_of(name: str, why: str, env: Mapping[str, str] = os.environ) -> str:
    """Return a value of the azd environment; raises Stop where there is none."""
    if value := env.get(name, "").strip():
        return value
    raise Stop(f"{name} is not set: {why}")


def subscription() -> str:
    """Return the subscription of the azd environment; nothing before it is chosen."""
    return os.environ.get("AZURE_SUBSCRIPTION_ID", "")
