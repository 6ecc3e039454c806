"""`./keyless`: create the environment if needed, and run the command line in it."""

import os
import sys
from pathlib import Path

# Run as a folder with -I, Python would find only this folder's modules.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from setup import stamps
from setup.paths import PYTHON
from setup.variables import of_the_command_line


def main(arguments: list[str]) -> None:
    """Replace this process by the command line, after installing its packages."""
    if arguments[:2] == ["lab", "ready"]:
        from setup import ready  # noqa: PLC0415 - it looks at a machine before the set-up

        sys.exit(ready.main(arguments[2:]))
    packages = stamps.DEV if arguments[:1] in (["test"], ["check"]) else stamps.RUN
    if not stamps.all_hold(packages):
        from setup.set_up import set_up  # noqa: PLC0415 - slow, and rarely needed

        set_up(packages)
    node = stamps.read(stamps.AZURITE_STAMP)["node"]["path"]
    # Not in the project's folder: the user's paths are relative to the working directory.
    command = [str(PYTHON), "-P", "-m", "cli", *arguments]
    os.execve(PYTHON, command, of_the_command_line(os.environ, node))  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
