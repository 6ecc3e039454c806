"""Steps that are printed, and carried out with `--do`."""

import shlex
import sys
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.azure_cli import AzureCliError, ask


@dataclass
class Steps:
    """Commands of the Azure CLI in one subscription; `failures` lists failed steps and reasons."""

    subscription: str
    do: bool = False
    failures: list[str] = field(default_factory=list)

    def take(self, sentence: str, *command: str) -> Any:
        """Print a step and its command; carry it out with `do`.

        Return Azure's response; None if nothing was done, or it failed. A failure is reported at
        the end, so that the other attendees' steps still run.
        """
        print(f"  {sentence}\n    az {shlex.join(command)}")
        if not self.do:
            return None
        try:
            return ask(*command, subscription=self.subscription) or {}
        except AzureCliError as error:
            self.fail(sentence, error)
            return None

    def fail(self, sentence: str, error: Exception) -> Literal[False]:
        """Print and store a failure; return False."""
        print(f"    ✗ {error}")
        self.failures.append(f"{sentence}: {error}")
        return False

    def end(self) -> int:
        """Print the outcome; return the exit status."""
        if not self.do:
            print("Nothing was done. Add --do to carry out these steps.")
        for each in self.failures:
            print(f"failed: {each}", file=sys.stderr)
        return 1 if self.failures else 0
