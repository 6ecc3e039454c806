"""`keyless env`: step into a service's shoes."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from sandbox.cli.options import StateOption, open_state
from sandbox.cli.running import the_running
from sandbox.cli.terminal import one_sentence, out
from sandbox.state import State
from sandbox.supervisor import Report


def env(
    service: Annotated[str, typer.Argument(help="gateway, thumbnailer, catalog or notifier")],
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Export lines, so that any Azure SDK acts as SERVICE: eval "$(./keyless env thumbnailer)"."""
    opened = open_state(state)
    report = the_running(opened)
    with one_sentence(KeyError):
        variables = as_service(report, service, opened)
    if json_:
        out.print_json(data=variables)
        return
    others = {name for each in report.services for name in each.environment} - variables.keys()
    out.print("\n".join(_lines(variables, sorted(others))), markup=False)


def as_service(report: Report, service: str, state: State) -> dict[str, str]:
    """What makes a process act as `service`. Raises KeyError if there is none of that name.

    The sign-in folders keep a user's real Azure sign-in and the sandbox apart, both ways.
    """
    return {
        **report.service(service).environment,
        "NODE_EXTRA_CA_CERTS": report.ca,
        "CURL_CA_BUNDLE": report.ca,
        "AZURE_CONFIG_DIR": str(state.folder("azure-cli")),
        "AZD_CONFIG_DIR": str(state.folder("azd")),
    }


def _lines(variables: Mapping[str, str], others: Iterable[str]) -> list[str]:
    """Another service's variables are unset, so that one can change shoes in one shell."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return [*(f"unset {name}" for name in others), *exports]
