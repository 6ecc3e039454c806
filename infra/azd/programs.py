"""The Azure CLI and azd as programs on the PATH, and the values of the azd environment."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

_WHERE = {
    "az": "the Azure CLI: https://aka.ms/azure-cli",
    "azd": "the Azure Developer CLI: https://aka.ms/azd",
}


class Stop(Exception):
    """What ends a step: one sentence that says what is wrong, and what to do."""


def az(*arguments: str) -> Any:
    """What the Azure CLI answers, out of its JSON; None for no answer. Raises Stop."""
    said = "".join(az_lines(*arguments, "--output", "json"))
    return json.loads(said) if said.strip() else None


def az_lines(*arguments: str) -> Sequence[str]:
    """What the Azure CLI prints, line by line. Raises Stop."""
    chosen = os.environ.get("AZURE_SUBSCRIPTION_ID")
    subscription = ("--subscription", chosen) if chosen else ()
    return _run("az", *arguments, "--only-show-errors", *subscription).splitlines()


def remember(name: str, value: str) -> None:
    """Put a value into the azd environment; azd reads it again after the hook. Raises Stop."""
    _run("azd", "env", "set", name, value)


def value_of(name: str, why: str, env: Mapping[str, str] = os.environ) -> str:
    """A value of the azd environment; raises Stop where there is none."""
    if value := env.get(name, "").strip():
        return value
    raise Stop(f"{name} is not set: {why}")


def _run(program: str, *arguments: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise Stop(f"'{program}' is not on the PATH; install {_WHERE[program]}.")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or f"it ended with status {done.returncode}"
        raise Stop(f"{program} {' '.join(arguments[:3])} failed: {said}")
    return done.stdout
