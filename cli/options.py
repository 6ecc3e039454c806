"""Options that several commands share."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli.terminal import USAGE, err, fail
from local.report.answer_block import ReportError, read
from sandbox.assumptions import AssumptionError, Assumptions, assume
from sandbox.state import PROJECT, State, StateError
from sandbox.supervisor.settings import USUAL, SettingError, Settings, changed

ASSUME = "KEYLESS_ASSUME"

StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="KEYLESS_STATE",
        help="The sandbox's state folder. Default: .keyless.",
    ),
]

SnapshotOption = Annotated[
    Path | None,
    typer.Option(
        "--snapshot",
        metavar="PATH",
        help="Another deployment: a snapshot, or a .bicepparam or .bicep where there is a Bicep"
        " CLI. Default: the one given last to up or apply, or the committed one.",
    ),
]

PortOption = Annotated[
    int | None,
    typer.Option("--port", help="The public app's port. Default: 8080, or a free one."),
]

StandInOption = Annotated[
    bool,
    typer.Option(
        "--stand-in", help="Sign in with Keyless's stand-in, even if the Azure CLI is installed."
    ),
]

AssumeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--assume",
        envvar=ASSUME,
        metavar="NAME=ANSWER",
        help="Another answer to a question of ./keyless assumptions. Repeatable.",
    ),
]

AssumeFromOption = Annotated[
    Path | None,
    typer.Option("--assume-from", help="Assume the answers in a file of ./keyless report."),
]

TokenLifetimeOption = Annotated[
    str | None,
    typer.Option(
        "--token-lifetime",
        metavar="DURATION",
        help="How long access tokens live: 5s to 24h, such as 6m. Default: Entra's, a day for"
        " identities and 75 minutes for users.",
    ),
]

EndpointCacheOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint-cache",
        metavar="on/off",
        help="on: the identity endpoint gives an identity the same token until it expires, as on"
        " Azure. Default: on.",
    ),
]

PropagationOption = Annotated[
    str | None,
    typer.Option(
        "--propagation",
        metavar="DURATION",
        help="How long each role assignment and each removal takes to take effect: up to 1h."
        " Azure takes up to 10m. Default: 0s.",
    ),
]

EnvFileOption = Annotated[
    Path | None,
    typer.Option("--env-file", help="A file with the environment's values, instead of azd."),
]

EnvironmentOption = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="The azd environment. Default: azd's own."),
]


def assumptions_of(options: list[str] | None, file: Path | None = None) -> Assumptions:
    """Return the assumptions that options and a report ask for.

    Ends the command for an unknown assumption, a contradiction, or a file that is not a report.
    """
    try:
        reported = read(file) if file else {}
        return assume(
            [*(f"{name}={answer}" for name, answer in reported.items()), *(options or ())]
        )
    except (AssumptionError, ReportError) as error:
        fail(f"{error}.", USAGE)


def as_options(assumed: Assumptions) -> list[str]:
    """Return the options that give another `up` the same assumptions."""
    return [f"--assume={name}={answer}" for name, answer in assumed.otherwise.items()]


def settings_of(**given: str | None) -> Settings:
    """Return the usual settings with those that are `given`, by the names of their options.

    Ends the command for a wrong value, and warns of a misleading one.
    """
    settings = _checked(settings_given(**given))
    warn_of_settings(settings.warnings)
    return settings


def settings_given(**given: str | None) -> dict[str, str]:
    """Return the settings that options name, without the others.

    Ends the command for a wrong value.
    """
    found = {name.replace("_", "-"): value for name, value in given.items() if value is not None}
    _checked(found)
    return found


def _checked(given: Mapping[str, str]) -> Settings:
    try:
        return changed(USUAL, given)
    except SettingError as error:
        fail(f"{error}.", USAGE)


def warn_of_settings(warnings: Iterable[str]) -> None:
    """Print each warning as a sentence on stderr."""
    for each in warnings:
        err.print(Text.assemble(("keyless:", "bold yellow"), f" {each}."))


def open_state_for_start(path: Path | None) -> State:
    """Open the state folder of a sandbox that is about to start; end the command if it is full."""
    opened = open_state(path)
    try:
        opened.check_room()
    except StateError as error:
        fail(f"{error}.")
    return opened


def open_state(path: Path | None) -> State:
    """Open the state folder, creating it if needed; end the command if that fails."""
    try:
        return State.open(path or PROJECT / ".keyless")
    except StateError as error:
        fail(f"{error}.")
