"""The values of a deployed environment, as azd keeps them: from azd itself, or from a file."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from sandbox.state import PROJECT


class ValuesError(ValueError):
    """Values that are not to be had, or not complete; the message is one sentence."""


@dataclass(frozen=True)
class Values:
    """The values of one environment, and where they come from."""

    source: str
    named: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> "Values":
        """Read a file of NAME=value lines, as `azd env get-values` prints. Raises ValuesError."""
        if not path.is_file():
            raise ValuesError(f"there is no file {path}; make one by azd env get-values > {path}")
        found = dotenv_values(path, interpolate=False)
        return cls(str(path), {name: value for name, value in found.items() if value is not None})

    @classmethod
    def from_azd(cls, environment: str | None) -> "Values":
        """Ask azd for the values of `environment`, or of its default. Raises ValuesError."""
        chosen = [] if environment is None else ["--environment", environment]
        command = ["azd", "env", "get-values", "--output", "json", *chosen]
        try:
            done = subprocess.run(
                command,
                cwd=PROJECT,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except FileNotFoundError as error:
            raise ValuesError(
                "azd is not installed (https://aka.ms/azd-install); "
                "without it, give the environment's values by --env-file"
            ) from error
        if done.returncode:
            raise ValuesError(f"azd has no values: {_last_line(done.stderr or done.stdout)}")
        return cls(f"azd's environment {environment or 'of this folder'}", json.loads(done.stdout))

    def __getitem__(self, name: str) -> str:
        """One value. Raises ValuesError if it is missing or empty."""
        value = self.named.get(name, "").strip()
        if not value:
            raise ValuesError(
                f"{self.source} has no {name}: "
                "is the environment deployed, and by this version? (azd provision)"
            )
        return value

    def settings(self, service: str) -> dict[str, str]:
        """What the deployment tells `service` wherever it runs. Raises ValuesError."""
        name = f"{service.upper()}_SETTINGS"
        try:
            return {str(each["name"]): str(each["value"]) for each in json.loads(self[name])}
        except (json.JSONDecodeError, TypeError, KeyError) as error:
            raise ValuesError(
                f"{name} of {self.source} is no list of names and values in JSON"
            ) from error


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it ended without a word"
