"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from sandbox.assumptions import AssumptionError, Assumptions, assume
from sandbox.cli.terminal import USAGE, fail
from sandbox.state import PROJECT, State, StateError

ASSUME = "KEYLESS_ASSUME"

StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="KEYLESS_STATE",
        help="The folder in which this sandbox keeps everything (default: .keyless).",
    ),
]

PortOption = Annotated[
    int | None,
    typer.Option("--port", help="Where the gallery is served (default: 8080, or a free one)."),
]

StandInOption = Annotated[
    bool,
    typer.Option(
        "--stand-in", help="For the developer: Keyless's stand-in, not the Azure CLI, if any."
    ),
]

AssumeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assume",
        envvar=ASSUME,
        metavar="NAME=ANSWER",
        help="What Azure does where nobody knows; see ./keyless assumptions. May be repeated.",
    ),
]


def assumptions_of(said: list[str] | None) -> Assumptions:
    """What the sandbox is to assume; ends the command if there is no such assumption."""
    try:
        return assume(said or ())
    except AssumptionError as error:
        fail(f"{error}.", USAGE)


def as_options(assumed: Assumptions) -> list[str]:
    """What tells another `up` the same, if its environment says nothing else."""
    return [f"--assume={name}={answer}" for name, answer in assumed.otherwise.items()]


def open_state(path: Path | None) -> State:
    """The state folder, made if it is not there; ends the command if that cannot be."""
    try:
        return State.open(path or PROJECT / ".keyless")
    except StateError as error:
        fail(f"{error}.")
