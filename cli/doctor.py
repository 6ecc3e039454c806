"""`keyless doctor`: the cause of a refusal, and its remedy."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import requests
import typer

from cli.diagnosed import as_json, print_diagnosis
from cli.env import as_developer, as_service, people, unknown
from cli.explained import explain as explain_text
from cli.options import StateOption, open_state
from cli.running import the_running
from cli.stale import warn_if_stale
from cli.terminal import USAGE, fail, one_sentence, print_json
from local.arm import ResourceManager
from local.azd_values import Values, ValuesError
from local.doctor.examine import Diagnosis, acting, examine, open_credential
from local.doctor.subjects import of_deployed, of_sandbox
from local.sign_in import open_developers_credential
from sandbox.audit import FILE, Record
from sandbox.audit import read as read_audit
from sandbox.deployment import as_compiled, load
from sandbox.state import State
from sandbox.supervisor import DEVELOPER, Report

_A_WHILE = timedelta(hours=1)
# Longer than the pause between two readiness checks of a service (services/common/health.py).
_WHILE_PROVING = timedelta(minutes=1)


def doctor(
    service: Annotated[
        str, typer.Argument(help="A service, or developer. Default: all services.")
    ] = "",
    *,
    state: StateOption = None,
    env_file: Annotated[
        Path | None,
        typer.Option("--env-file", help="Check your own rights in the environment of this file."),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", "-e", help="Check your own rights in this azd environment."),
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", help="Explain an error of Azure; - reads stdin.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Diagnose refusals: check the sign-in, each right and known traps, and name the fix.

    Tries each right with the least invasive request that needs it. Exits with 0 if all is well.
    """
    # The diagnosis reports each credential that gives no token; the SDK's log would repeat it.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    if explain is not None:
        if service or env_file or environment:
            fail("--explain only reads an error: use it without a service or environment.", USAGE)
        explain_text(explain, state, json_=json_)
        return
    with one_sentence(ValuesError, KeyError, ValueError):
        if env_file or environment:
            if service:
                fail("in a deployed environment the doctor checks you: omit the service.", USAGE)
            found = [
                _deployed(Values.from_file(env_file) if env_file else Values.from_azd(environment))
            ]
        else:
            found = list(_in_sandbox(open_state(state), service))
    _print(found, json_=json_)
    raise typer.Exit(0 if all(each.well for each in found) else 1)


def _in_sandbox(state: State, service: str) -> Iterator[Diagnosis]:
    """Yield one diagnosis after the other, since this process acts as each. Raises KeyError."""
    report, deployment = the_running(state), load(state)
    if refused := state.refuses():
        # Neither tokens nor requests succeed now: a check of the rights would mislead.
        fail(refused)
    warn_if_stale(state)
    # Read before the checks begin: refusals of the doctor's own requests are not a service's.
    recorded = list(_since(_A_WHILE, read_audit(state.path(FILE))))
    waiting = list(_since(_WHILE_PROVING, recorded))
    services = [each.name for each in report.services]
    persons = [each for each in people(state) if each == DEVELOPER]
    if service and service not in {*services, *persons}:
        raise KeyError(unknown(service, services, persons))
    for who in [service] if service else services:
        variables = _variables(report, who, state)
        waits_for = _waits_for(report, who)
        subject = of_sandbox(
            deployment,
            who,
            variables,
            recorded,
            waiting=waiting if waits_for else (),
            waits_for=waits_for,
        )
        with acting(variables), closing(open_credential(variables)) as credential:
            yield examine(subject, credential)


def _variables(report: Report, who: str, state: State) -> Mapping[str, str]:
    """Return the environment of `who`; services that run as the developer have their own PATH."""
    if who == DEVELOPER:
        return as_developer(report, state)
    own = report.service(who).environment
    path = {"PATH": own["PATH"]} if "PATH" in own else {}
    return {**as_service(report, who, state), **path}


def _waits_for(report: Report, who: str) -> list[str]:
    """Return the readiness checks that still fail in services that act as `who`."""
    mine = (each for each in report.services if who in {each.name, DEVELOPER})
    return [failing for each in mine for failing in each.failing]


def _since(ago: timedelta, records: Iterable[Record]) -> Iterator[Record]:
    since = (datetime.now(UTC) - ago).isoformat()
    return (each for each in records if each.time >= since)


def _deployed(values: Values) -> Diagnosis:
    with (
        requests.Session() as session,
        closing(open_developers_credential()) as credential,
    ):
        arm = ResourceManager(session, credential)
        return examine(of_deployed(as_compiled(), values, arm, os.environ), credential)


def _print(found: list[Diagnosis], *, json_: bool) -> None:
    if json_:
        print_json([as_json(each) for each in found])
        return
    for each in found:
        print_diagnosis(each)
