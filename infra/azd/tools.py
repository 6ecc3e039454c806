"""Calls of the Azure CLI and azd, and the values of the azd environment."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from infra import azure_cli


class Stop(Exception):
    """An error that ends a step: one sentence with the fault and its fix."""


def az(*arguments: str) -> Any:
    """Return the Azure CLI's output, parsed as JSON; None if it is empty. Raises Stop."""
    try:
        return azure_cli.ask(*arguments, subscription=subscription())
    except azure_cli.AzureCliError as error:
        raise Stop(str(error)) from error


def az_lines(*arguments: str) -> Sequence[str]:
    """Return the lines of the Azure CLI's output. Raises Stop."""
    try:
        return azure_cli.run(*arguments, subscription=subscription()).splitlines()
    except azure_cli.AzureCliError as error:
        raise Stop(str(error)) from error


def remember(name: str, value: str) -> None:
    """Store a value in the azd environment, which azd reads after the hook. Raises Stop."""
    found = shutil.which("azd")
    if found is None:
        raise Stop("'azd' is not on the PATH; install the Azure Developer CLI: https://aka.ms/azd.")
    command = [found, "env", "set", name, value]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        raise Stop(f"azd env set {name} failed: {said}")


def value_of(name: str, why: str, env: Mapping[str, str] = os.environ) -> str:
    """Return a value of the azd environment. Raises Stop if it is not set."""
    if value := env.get(name, "").strip():
        return value
    raise Stop(f"{name} is not set: {why}")


def subscription() -> str:
    """Return the subscription of the azd environment; empty before it is chosen."""
    return os.environ.get("AZURE_SUBSCRIPTION_ID", "")
