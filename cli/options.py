"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import USAGE, fail
from local.report.answer_block import ReportError, read
from sandbox.assumptions import AssumptionError, Assumptions, assume
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
    typer.Option("--port", help="Where the public app is served (default: 8080, or a free one)."),
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


AssumeFromOption = Annotated[
    Path | None,
    typer.Option("--assume-from", help="A file of ./keyless report: assume what Azure answered."),
]


def assumptions_of(said: list[str] | None, file: Path | None = None) -> Assumptions:
    """Return what the sandbox is to assume, by options and by a report.

    Ends the command if there is no such assumption, if the two contradict each other, or if the
    file is no report.
    """
    try:
        reported = read(file) if file else {}
        return assume([*(f"{name}={answer}" for name, answer in reported.items()), *(said or ())])
    except (AssumptionError, ReportError) as error:
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
