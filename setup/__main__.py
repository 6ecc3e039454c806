"""`./keyless`: makes the environment where it is not there yet, and runs the command line in it."""

import os
import sys
from pathlib import Path

# Run as a folder and with -I, which would find its own modules alone.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from setup import stamps
from setup.places import PYTHON
from setup.variables import of_the_command_line


def main(arguments: list[str]) -> None:
    """Become the command line, once all that it needs is there."""
    packages = stamps.DEV if arguments[:1] in (["test"], ["check"]) else stamps.RUN
    if not stamps.all_hold(packages):
        from setup.set_up import set_up  # noqa: PLC0415 - it takes time that no later start needs

        set_up(packages)
    node = stamps.read(stamps.AZURITE_STAMP)["node"]["path"]
    # Not from the project's folder: a path that the user gives is meant from where the user stands.
    command = [str(PYTHON), "-P", "-m", "cli", *arguments]
    os.execve(PYTHON, command, of_the_command_line(os.environ, node))  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
