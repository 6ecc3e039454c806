"""`python -m sandbox.supervisor SNAPSHOT STATE`: Azure's endpoints alone, until a signal.

The pytest plugin runs it. Its last line of standard error is the reason of a failed start.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from sandbox.deployment import remember
from sandbox.state import State, StateError
from sandbox.supervisor.run import StartError, run
from sandbox.supervisor.services import Project


def main(snapshot: str, folder: str) -> None:
    """Run until a signal ends it, or the start fails."""
    try:
        state = State.open(Path(folder))
        remember(state, Path(snapshot))
        asyncio.run(run(state, 0, lambda _: None, Project(_never, str), only=()))
    except (StateError, StartError, OSError) as error:
        sys.exit(f"keyless: {error}")


def _never(name: str, _port: int, _variables: Mapping[str, str], _state: State) -> NoReturn:
    raise AssertionError(f"{name} must not be started")


if __name__ == "__main__":
    main(*sys.argv[1:])
