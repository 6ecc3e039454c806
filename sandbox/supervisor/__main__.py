"""`python -m sandbox.supervisor SNAPSHOT STATE`: Azure's endpoints alone, until a signal.

The pytest plugin runs it. Its last line of standard error is the reason of a failed start.
"""

import asyncio
import sys
from pathlib import Path

from sandbox.deployment import remember
from sandbox.state import State, StateError
from sandbox.supervisor.options import Options
from sandbox.supervisor.run import StartError, run


def main(snapshot: str, folder: str) -> None:
    """Run until a signal ends it, or the start fails."""
    try:
        state = State.open(Path(folder))
        remember(state, Path(snapshot))
        asyncio.run(run(state, Options(gallery_port=0, only=()), lambda _: None))
    except (StateError, StartError, OSError) as error:
        sys.exit(f"keyless: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
