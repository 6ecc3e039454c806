"""The values of an azd environment, from azd or from a file."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from sandbox.state import PROJECT


class ValuesError(ValueError):
    """Values that are unavailable or incomplete; the message is one sentence."""


@dataclass(frozen=True)
class Values:
    """The values of one environment, and their source."""

    source: str
    named: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> "Values":
        """Read a file of NAME=value lines, as `azd env get-values` prints. Raises ValuesError."""
        if not path.is_file():
            raise ValuesError(f"there is no file {path}; create it: azd env get-values > {path}")
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
                "without it, pass the environment's values with --env-file"
            ) from error
        if done.returncode:
            raise ValuesError(f"azd returned no values: {_last_line(done.stderr or done.stdout)}")
        return cls(f"azd's environment {environment or 'of this folder'}", json.loads(done.stdout))

    def __getitem__(self, name: str) -> str:
        """Return one value. Raises ValuesError if it is missing or empty."""
        value = self.named.get(name, "").strip()
        if not value:
            raise ValuesError(
                f"{self.source} has no {name}: "
                "is the environment deployed with this version? (azd provision)"
            )
        return value

    def settings(self, service: str) -> dict[str, str]:
        """Return the settings of `service` that hold wherever it runs. Raises ValuesError."""
        name = f"{service.upper()}_SETTINGS"
        try:
            return {str(each["name"]): str(each["value"]) for each in json.loads(self[name])}
        except (json.JSONDecodeError, TypeError, KeyError) as error:
            raise ValuesError(
                f"{name} of {self.source} is not a JSON list of names and values"
            ) from error


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
