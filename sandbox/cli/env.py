"""`keyless env`: step into a service's shoes, or into the developer's."""

import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import StandInOption, StateOption, open_state
from sandbox.cli.running import the_running
from sandbox.cli.terminal import USAGE, fail, one_sentence, out
from sandbox.state import State
from sandbox.supervisor import OF_AN_IDENTITY, Az, Report, sign_in_apart, way_to

DEVELOPER = "developer"

_ENDPOINTS = frozenset(
    {
        "AZURE_STORAGE_BLOB_ENDPOINT",
        "AZURE_KEY_VAULT_ENDPOINT",
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE",
    }
)


def env(
    who: Annotated[
        str, typer.Argument(help="gateway, thumbnailer, catalog or notifier; or developer")
    ],
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    stand_in: StandInOption = False,
) -> None:
    """Export lines, so that any Azure SDK acts as WHO: eval "$(./keyless env thumbnailer)"."""
    opened = open_state(state)
    report = the_running(opened)
    if stand_in and who != DEVELOPER:
        fail("--stand-in is for the developer: a service has no Azure CLI.", USAGE)
    with one_sentence(KeyError):
        variables = _of(report, who, opened)
    if stand_in:
        variables["PATH"] = Az.found(opened, stand_in).first_on(os.environ["PATH"])
    if json_:
        out.print_json(data=variables)
        return
    known = {name for each in report.services for name in each.environment} | OF_AN_IDENTITY
    # The small ones would be believed before those in capitals, which lead to the sandbox.
    small = {name.lower() for name in variables if name.endswith("_PROXY")}
    others = (known | small) - variables.keys() - {"PATH"}
    out.print("\n".join(_lines(variables, sorted(others))), markup=False)


def _of(report: Report, who: str, state: State) -> dict[str, str]:
    return as_developer(report, state) if who == DEVELOPER else as_service(report, who, state)


def as_service(report: Report, service: str, state: State) -> dict[str, str]:
    """What makes a process act as `service`. Raises KeyError if there is none of that name."""
    environment = dict(report.service(service).environment)
    environment.pop("PATH", None)  # the services' own, where they run as the developer
    return {**environment, **_of_any_tool(report, state)}


def as_developer(report: Report, state: State) -> dict[str, str]:
    """What makes a process act as the developer, whom `az login` signs in to the sandbox.

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
        **_of_any_tool(report, state),
    }


def _of_any_tool(report: Report, state: State) -> Mapping[str, str]:
    """The way to the sandbox, and folders that keep a user's real sign-in and the sandbox apart."""
    return {
        **way_to(report.proxy, Path(report.ca)),
        "NODE_EXTRA_CA_CERTS": report.ca,
        "CURL_CA_BUNDLE": report.ca,
        **sign_in_apart(state),
    }


def _lines(variables: Mapping[str, str], others: Iterable[str]) -> list[str]:
    """Another's variables are unset, so that one can change shoes in one shell."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return [*(f"unset {name}" for name in others), *exports]
