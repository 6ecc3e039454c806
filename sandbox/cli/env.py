"""`keyless env`: the variables that make a process act as a service or as a person."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import StandInOption, StateOption, open_state
from sandbox.cli.running import the_running
from sandbox.cli.terminal import USAGE, fail, one_sentence, out, print_json
from sandbox.state import State
from sandbox.supervisor import (
    DEVELOPER,
    OF_AN_IDENTITY,
    OPERATOR,
    Az,
    Report,
    sign_in_apart,
    way_to,
)

PEOPLE = (DEVELOPER, OPERATOR)

_ENDPOINTS = frozenset(
    {
        "AZURE_STORAGE_BLOB_ENDPOINT",
        "AZURE_KEY_VAULT_ENDPOINT",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE",
    }
)

WhoArgument = Annotated[
    str,
    typer.Argument(help="gateway, thumbnailer, catalog or notifier; or developer or operator"),
]


def env(
    who: WhoArgument,
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stand_in: StandInOption = False,
) -> None:
    """Export lines, so that programs of a shell act as WHO: eval "$(./keyless env thumbnailer)".

    For one program, ./keyless as WHO -- COMMAND needs no eval and survives restarts.
    """
    opened = open_state(state)
    report = the_running(opened)
    check_stand_in(who, stand_in)
    with one_sentence(KeyError):
        variables = as_anybody(report, who, opened)
    if stand_in:
        variables["PATH"] = Az.found(opened, stand_in).first_on(os.environ["PATH"])
    if json_:
        print_json(variables)
        return
    out.print("\n".join(_lines(variables, sorted(of_others(report, variables)))), markup=False)


def check_stand_in(who: str, stand_in: bool) -> None:
    """End the command where a service is to have an Azure CLI."""
    if stand_in and who not in PEOPLE:
        fail("--stand-in is for the developer and the operator: no service has az.", USAGE)


def of_others(report: Report, variables: Mapping[str, str]) -> set[str]:
    """The variables that would make a process with `variables` act as another, or go elsewhere."""
    known = {name for each in report.services for name in each.environment} | OF_AN_IDENTITY
    # Clients believe a proxy in small letters before the one in capitals, which is the sandbox's.
    small = {name.lower() for name in variables if name.endswith("_PROXY")}
    return (known | small) - variables.keys() - {"PATH"}


def as_anybody(report: Report, who: str, state: State) -> dict[str, str]:
    """Return what makes a process act as `who`. Raises KeyError, naming everybody."""
    if who in PEOPLE:
        return as_person(report, state, who)
    services = [each.name for each in report.services]
    if who not in services:
        raise KeyError(unknown(who, services))
    return as_service(report, who, state)


def unknown(who: str, services: Iterable[str], people: Sequence[str] = PEOPLE) -> str:
    """Say that nobody has this name, and who there is."""
    *some, last = (*sorted(services), *people)
    return f"nobody here is called {who!r}; there are {', '.join(some)} and {last}"


def as_service(report: Report, service: str, state: State) -> dict[str, str]:
    """What makes a process act as `service`. Raises KeyError if there is none of that name."""
    environment = dict(report.service(service).environment)
    environment.pop("PATH", None)  # the services' own, where they run as the developer
    return {**environment, **_of_any_tool(report, state)}


def as_developer(report: Report, state: State) -> dict[str, str]:
    """What makes a process act as the developer."""
    return as_person(report, state, DEVELOPER)


def as_person(report: Report, state: State, who: str) -> dict[str, str]:
    """What makes a process act as a user, whom `az login` signs in to the sandbox.

    AzureCliCredential alone: the user's home has sign-ins of other tools, which are real.
    """
    settings = {
        name: value
        for each in report.services
        for name, value in each.environment.items()
        if name in _ENDPOINTS
    }
    return {
        **settings,
        "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential",
        **_of_any_tool(report, state, who),
    }


def _of_any_tool(report: Report, state: State, who: str = DEVELOPER) -> Mapping[str, str]:
    """The way to the sandbox, and folders that keep a user's real sign-in and the sandbox apart."""
    return {
        **way_to(report.proxy, Path(report.ca)),
        "NODE_EXTRA_CA_CERTS": report.ca,
        "CURL_CA_BUNDLE": report.ca,
        **sign_in_apart(state, who),
    }


def _lines(variables: Mapping[str, str], others: Iterable[str]) -> list[str]:
    """Another's variables are unset, so that one can change shoes in one shell."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return [*(f"unset {name}" for name in others), *exports]
