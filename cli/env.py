"""`keyless env`: the variables that make a process act as a service or a user."""

import os
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

import typer

from cli.lifecycle import require_running
from cli.options import StandInOption, StateOption, open_state
from cli.terminal import USAGE, err, fail, one_sentence, out, print_json
from sandbox.deployment import load
from sandbox.handover import PYTHONPATH, before_the_users_own
from sandbox.state import State
from sandbox.supervisor import (
    DEVELOPER,
    IDENTITY_VARIABLES,
    Az,
    Report,
)
from sandbox.supervisor.program_variables import service_variables, variables_of_any

_BUS_NOTE = (
    "# Python needs nothing more: ServiceBusClient(namespace, credential) works as it is."
    " Other languages: docs/bus-clients.md"
)

WhoArgument = Annotated[
    str,
    typer.Argument(help="A service, or a user of the deployment such as developer or operator."),
]


def env(
    who: WhoArgument,
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    stand_in: StandInOption = False,
) -> None:
    """Print lines that make a shell act as WHO: eval "$(./keyless env thumbnailer)".

    For one program, ./keyless as WHO -- COMMAND needs no eval and survives restarts.
    """
    opened = open_state(state)
    report = require_running(opened)
    with one_sentence(KeyError, ValueError):
        check_stand_in(who, stand_in, opened)
        variables = variables_of(report, who, opened)
    if stand_in:
        variables["PATH"] = Az.found(opened, stand_in).first_on(os.environ["PATH"])
    if json_:
        print_json(variables)
        return
    if sys.stderr.isatty() and not sys.stdout.isatty():  # eval hides the lines
        err.print(_BUS_NOTE.removeprefix("# "), style="dim", markup=False, highlight=False)
    out.print(
        "\n".join(_lines(variables, sorted(variables_to_unset(report, variables)))), markup=False
    )


def users(state: State) -> tuple[str, ...]:
    """Return the users; the deployment names each by an output such as DEVELOPER_PRINCIPAL_ID."""
    return tuple(each.name for each in load(state).users)


def check_stand_in(who: str, stand_in: bool, state: State) -> None:
    """End the command if `stand_in` is set for a service, which has no Azure CLI."""
    if stand_in and who not in users(state):
        fail("--stand-in is for users who sign in: services do not use az.", USAGE)


def variables_to_unset(report: Report, variables: Mapping[str, str]) -> set[str]:
    """Return the variables that would make a process act as another, or bypass the sandbox."""
    known = {name for each in report.services for name in each.environment} | IDENTITY_VARIABLES
    # Clients prefer a proxy variable in lower case to the sandbox's, which is in upper case.
    small = {name.lower() for name in variables if name.endswith("_PROXY")}
    return (known | small) - variables.keys() - {"PATH"}


def variables_of(report: Report, who: str, state: State) -> dict[str, str]:
    """Return the variables that make a process act as `who`. Raises KeyError if unknown."""
    persons = users(state)
    if who in persons:
        return _user_variables(report, state, who)
    services = [each.name for each in report.services]
    if who not in services:
        raise KeyError(unknown_identity(who, services, persons))
    return service_variables(report, who, state)


def unknown_identity(who: str, services: Iterable[str], persons: Sequence[str]) -> str:
    """Return a sentence that lists the known names instead of `who`."""
    *some, last = (*sorted(services), *persons)
    return f"no identity is called {who!r}; choose from {', '.join(some)} and {last}"


def developer_variables(report: Report, state: State) -> dict[str, str]:
    """Return the variables that make a process act as the developer."""
    return _user_variables(report, state, DEVELOPER)


def _user_variables(report: Report, state: State, who: str) -> dict[str, str]:
    """Return the variables that make a process act as a user, signed in by `az login`.

    AzureCliCredential alone: other tools in the user's home hold sign-ins to real Azure.
    """
    deployment = load(state)
    hosts = {each.host for each in deployment.data_services}
    settings = {
        name: value
        for each in report.services
        for name, value in each.environment.items()
        if (urlsplit(value).hostname or value) in hosts
    }
    return {
        **settings,
        "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential",
        **variables_of_any(report, state, who),
    }


def _lines(variables: Mapping[str, str], others: Iterable[str]) -> list[str]:
    """Return shell lines that also unset the variables of other identities."""
    exports = [
        before_the_users_own(value) if name == PYTHONPATH else f"export {name}={shlex.quote(value)}"
        for name, value in variables.items()
    ]
    return [_BUS_NOTE, *(f"unset {name}" for name in others), *exports]
