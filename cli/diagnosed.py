"""A diagnosis of the doctor, printed or as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.text import Text

from cli.names import for_services, short_action, short_role, short_scope
from cli.terminal import out
from local.doctor.examine import Diagnosis
from local.doctor.remedies import commands
from local.probes import Missing
from local.rights import Right, target_of
from sandbox.printable import printable

_DONE, _WRONG, _TRAP = Text("✓ ", "green"), Text("✗ ", "bold red"), Text("! ", "bold yellow")


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
    for finding in diagnosis.findings:
        out.print(Text.assemble(_TRAP, (f"{finding.trap}: ", "bold"), finding.sentence))
        _print_lines(finding.do)
    _print_lines(commands(diagnosis))
    out.print()


def _lately(diagnosis: Diagnosis) -> Iterator[Text]:
    """Yield recent refusals of other rights, such as a script's that ran as this identity."""
    shown = {
        (each.right.scope, action) for each in diagnosis.unmet for action in each.right.actions
    }
    for each in diagnosis.subject.recent:
        if (each.scope, each.action) in shown:
            continue
        if each.action:
            roles = " or ".join(map(short_role, each.roles[:2])) or "no known role"
            what = f"{short_action(each.action)} on {short_scope(each.scope)}: {roles} would do"
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
        "commands": list(commands(diagnosis)),
    }


def _unmet(diagnosis: Diagnosis, missing: Missing) -> dict[str, Any]:
    there = diagnosis.assigned(missing.right)
    named = None if there is None else [{"role": g.role.name, "scope": g.scope} for g in there]
    return asdict(missing) | {"assigned": named}
