"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.terminal import fail
from sandbox.state import PROJECT, State, StateError

StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="KEYLESS_STATE",
        help="The folder in which this sandbox keeps everything (default: .keyless).",
    ),
]

StandInOption = Annotated[
    bool,
    typer.Option(
        "--stand-in", help="For the developer: Keyless's stand-in, not the Azure CLI, if any."
    ),
]


def open_state(path: Path | None) -> State:
    """The state folder, made if it is not there; ends the command if that cannot be."""
    try:
        return State.open(path or PROJECT / ".keyless")
    except StateError as error:
        fail(f"{error}.")
