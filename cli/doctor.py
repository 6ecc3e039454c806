"""`keyless doctor`: the cause of a refusal, and its remedy."""

import logging
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import requests
import typer
from rich.text import Text

from cli.env import developer_variables, unknown_identity, users
from cli.explain import explain_error
from cli.lab.checking import without_checks
from cli.lab.folders import folder_of
from cli.lifecycle import require_running
from cli.options import StateOption, open_state
from cli.short_names import for_services
from cli.snapshot_notes import shown, warn_if_stale
from cli.terminal import USAGE, fail, one_sentence, out, print_json
from infra.rehearsal.files import has_compiler
from local.arm import ResourceManager
from local.azd_values import Values, ValuesError
from local.doctor.evidence import SAMPLE, Editing
from local.doctor.examine import Diagnosis, acting, examine, open_credential
from local.doctor.remedies import commands, grants_if_intended, refused_beside
from local.doctor.subjects import of_deployed, of_sandbox
from local.probes import Missing
from local.rights import Right, target_of
from local.sign_in import open_developers_credential
from sandbox.audit import FILE, Record
from sandbox.audit import read as read_audit
from sandbox.commands import KEYLESS
from sandbox.deployment import as_compiled, load
from sandbox.deployment.short_names import short_action, short_role, short_scope
from sandbox.printable import printable
from sandbox.rbac import Assignments
from sandbox.state import State
from sandbox.supervisor import DEVELOPER, Report
from sandbox.supervisor.program_variables import service_variables

_A_WHILE = timedelta(hours=1)
# Longer than the pause between two readiness checks of a service (services/common/health.py).
_WHILE_PROVING = timedelta(minutes=1)

_MANAGED = {"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}

_DONE, _WRONG, _TRAP = Text("✓ ", "green"), Text("✗ ", "bold red"), Text("! ", "bold yellow")


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
        explain_error(explain, state, json_=json_)
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
    report, deployment = require_running(state), load(state)
    if refused := state.refuses():
        # Neither tokens nor requests succeed now: a check of the rights would mislead.
        fail(refused)
    warn_if_stale(state)
    # Read before the checks begin: refusals of the doctor's own requests are not a service's.
    recent = _since(_A_WHILE, read_audit(state.path(FILE)))
    recorded = list(without_checks(state, recent))
    waiting = list(_since(_WHILE_PROVING, recorded))
    services = [each.name for each in report.services]
    persons = [each for each in users(state) if each == DEVELOPER]
    if service and service not in {*services, *persons}:
        raise KeyError(unknown_identity(service, services, persons))
    listed = Assignments.kept_in(state, deployment).listed
    editing = editing_of(state)
    # An app of another deployment may have no identity, or share one that has a name of its own.
    known = {each.name for each in deployment.principals}
    for who in [service] if service else [each for each in services if each in known]:
        variables = _variables(report, who, state)
        waits_for = _waits_for(report, who)
        subject = of_sandbox(
            deployment,
            who,
            variables,
            recorded,
            waiting=waiting if waits_for else (),
            waits_for=waits_for,
            listed=listed,
            editing=editing,
        )
        with acting(variables), closing(open_credential(variables)) as credential:
            yield examine(subject, credential)


def editing_of(state: State) -> Editing | None:
    """Return the place to edit the assignments: in a lab's sandbox, the lab's copy of the Bicep."""
    lab = folder_of(state.root)
    if lab is None:
        return SAMPLE
    if not has_compiler():
        return None
    apply = f"{KEYLESS} apply --snapshot {shlex.quote(shown(lab.parameters))}"
    return Editing(shown(lab.bicep / "modules" / "access.bicep"), apply)


def _variables(report: Report, who: str, state: State) -> Mapping[str, str]:
    """Return the environment of `who`; services that run as the developer have their own PATH."""
    if who == DEVELOPER:
        return developer_variables(report, state)
    own = report.service(who).environment
    path = {"PATH": own["PATH"]} if "PATH" in own else {}
    # Apps of another deployment may leave the choice to the SDK, which finds this one.
    return {**_MANAGED, **service_variables(report, who, state), **path}


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


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print a line for each check, and what to do about each problem."""
    out.print(f"[bold]{diagnosis.subject.name}[/]")
    _print_answer(diagnosis)
    for right in diagnosis.met:
        out.print(Text.assemble(_DONE, f"{short_role(right.role)} on {right.target}"))
    for each in diagnosis.unmet:
        whose = for_services(_others(diagnosis, each.right))
        line = f"{short_role(each.right.role)} on {each.right.target}{whose}: {each.why}"
        out.print(Text.assemble(_WRONG, line))
        _print_lines(_assigned(diagnosis, each))
    if role := diagnosis.app_role:
        mark = _DONE if role.in_token else _WRONG
        out.print(Text.assemble(mark, f"app role {role.name} in the token for the API"))
    for each_refusal in _lately(diagnosis):
        out.print(each_refusal)
    _print_lines(grants_if_intended(diagnosis))
    for finding in diagnosis.findings:
        out.print(Text.assemble(_TRAP, (f"{finding.trap}: ", "bold"), finding.sentence))
        _print_lines(finding.do)
    _print_lines(commands(diagnosis))
    out.print()


def _lately(diagnosis: Diagnosis) -> Iterator[Text]:
    """Yield recent refusals of other rights, such as a script's that ran as this identity."""
    for each in refused_beside(diagnosis):
        if each.action:
            roles = " or ".join(map(short_role, each.roles[:2])) or "no known role"
            what = f"{short_action(each.action)} on {short_scope(each.scope)}: {roles} would do"
            what += f"; {each.reason}" if each.reason else ""
        else:
            what = f"{each.operation}: {each.reason}"
        times = f", {each.times} times" if each.times > 1 else ""
        yield Text.assemble(_TRAP, f"refused at {each.when[11:19]} UTC{times}: {printable(what)}")


def _assigned(diagnosis: Diagnosis, missing: Missing) -> tuple[str, ...]:
    """Return the caller's assignments at the scope, if readable: none of them is sufficient."""
    there = diagnosis.assigned(missing.right)
    if there is None or not missing.refused:
        return ()
    named = ", ".join(f"{short_role(each.role.name)} on {target_of(each.scope)}" for each in there)
    return (f"assigned at or above that scope: {named or 'nothing'}",)


def _others(diagnosis: Diagnosis, right: Right) -> tuple[str, ...]:
    """Return the services that need a right which the examined identity holds for them."""
    return () if diagnosis.subject.name in right.services else right.services


def _print_answer(diagnosis: Diagnosis) -> None:
    answer = diagnosis.answer
    if answer.by:
        # A managed identity's token has no name but its client id.
        name = "" if answer.name == answer.client_id else f"{answer.name}, "
        who = f"signed in by {answer.by} as {name}object id {answer.object_id}"
        out.print(Text.assemble(_DONE, f"{who}, client id {answer.client_id}"))
    else:
        out.print(Text.assemble(_WRONG, "not signed in: no credential returned a token"))
    # The chain gives one reason for all credentials after the one that answered.
    for reason, names in groupby(answer.others, lambda each: each.said):
        out.print(f"    {', '.join(each.credential for each in names)}: {reason}", markup=False)
    if chosen := diagnosis.subject.variables.get("AZURE_TOKEN_CREDENTIALS"):
        out.print(f"    only these are tried: AZURE_TOKEN_CREDENTIALS={chosen}", markup=False)


def _print_lines(lines: tuple[str, ...]) -> None:
    for line in lines:
        out.print(f"    {line}", markup=False)


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis for a script."""
    return {
        "who": diagnosis.subject.name,
        "well": diagnosis.well,
        "signedIn": asdict(diagnosis.answer),
        "met": [asdict(each) for each in diagnosis.met],
        "unmet": [_unmet(diagnosis, each) for each in diagnosis.unmet],
        "appRole": asdict(diagnosis.app_role) if diagnosis.app_role else None,
        "lately": [asdict(each) for each in diagnosis.subject.recent],
        "findings": [asdict(each) for each in diagnosis.findings],
        "grantsIfIntended": list(grants_if_intended(diagnosis)),
        "commands": list(commands(diagnosis)),
    }


def _unmet(diagnosis: Diagnosis, missing: Missing) -> dict[str, Any]:
    there = diagnosis.assigned(missing.right)
    named = None if there is None else [{"role": g.role.name, "scope": g.scope} for g in there]
    return asdict(missing) | {"assigned": named}
