"""Steps that are printed, and carried out where that was asked for."""

import shlex
import sys
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.azure_cli import AzureCliError, ask


@dataclass
class Steps:
    """Commands of the Azure CLI in one subscription; `failures` says what failed, and why."""

    subscription: str
    do: bool = False
    failures: list[str] = field(default_factory=list)

    def take(self, sentence: str, *command: str) -> Any:
        """Print a step and its command; carry it out where that was asked for.

        Returns what Azure answers; None where nothing was done, or it failed. A step that fails is
        kept for the end: it is no reason to leave the other attendees without theirs.
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
        """Print that something failed, and keep it; returns False, for it was not done."""
        print(f"    ✗ {error}")
        self.failures.append(f"{sentence}: {error}")
        return False

    def end(self) -> int:
        """Print how it ended; give the status to exit with."""
        if not self.do:
            print("Nothing was done. With --do it is.")
        for each in self.failures:
            print(f"failed: {each}", file=sys.stderr)
        return 1 if self.failures else 0
