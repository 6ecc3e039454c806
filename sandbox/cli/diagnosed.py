"""How a diagnosis, and an error's text that was read, are told."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.text import Text

from local.doctor.examine import Diagnosis
from local.doctor.mend import commands
from local.doctor.texts import Reading
from local.rights import Right
from sandbox.cli.names import short_action, short_role
from sandbox.cli.terminal import out

_DONE, _WRONG, _TRAP = Text("✓ ", "green"), Text("✗ ", "bold red"), Text("! ", "bold yellow")


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """A line for each thing that was looked at, and what to do about what is wrong."""
    out.print(f"[bold]{diagnosis.patient.who}[/]")
    _print_answer(diagnosis)
    for right in diagnosis.met:
        out.print(Text.assemble(_DONE, f"{short_role(right.role)} on {right.target}"))
    for each in diagnosis.unmet:
        who = (
            f", for {' and '.join(services)}"
            if (services := _others(diagnosis, each.right))
            else ""
        )
        told = f"{short_role(each.right.role)} on {each.right.target}{who}: {each.why}"
        out.print(Text.assemble(_WRONG, told))
    if role := diagnosis.app_role:
        mark = _DONE if role.in_token else _WRONG
        out.print(Text.assemble(mark, f"app role {role.name} in the token for the catalog"))
    for finding in diagnosis.findings:
        out.print(Text.assemble(_TRAP, (f"{finding.trap}: ", "bold"), finding.sentence))
        _print_lines(finding.do)
    _print_lines(commands(diagnosis))
    out.print()


def _others(diagnosis: Diagnosis, right: Right) -> tuple[str, ...]:
    """The services that need a right of somebody's who is none of them."""
    return () if diagnosis.patient.who in right.services else right.services


def _print_answer(diagnosis: Diagnosis) -> None:
    answer = diagnosis.answer
    if answer.by:
        # A managed identity's token has no name but its client id.
        name = "" if answer.name == answer.client_id else f"{answer.name}, "
        who = f"signed in by {answer.by} as {name}object id {answer.object_id}"
        out.print(Text.assemble(_DONE, f"{who}, client id {answer.client_id}"))
    else:
        out.print(Text.assemble(_WRONG, "nobody is signed in: no credential gave a token"))
    # The chain says the same of all that come after the one that answered.
    for said, names in groupby(answer.others, lambda each: each.said):
        out.print(f"    {', '.join(each.credential for each in names)}: {said}", markup=False)
    if chosen := diagnosis.patient.variables.get("AZURE_TOKEN_CREDENTIALS"):
        out.print(f"    no others are tried: AZURE_TOKEN_CREDENTIALS={chosen}", markup=False)


def _print_lines(lines: tuple[str, ...]) -> None:
    for line in lines:
        out.print(f"    {line}", markup=False)


def as_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis for a script."""
    return {
        "who": diagnosis.patient.who,
        "well": diagnosis.well,
        "signedIn": asdict(diagnosis.answer),
        "met": [asdict(each) for each in diagnosis.met],
        "unmet": [asdict(each) for each in diagnosis.unmet],
        "appRole": asdict(diagnosis.app_role) if diagnosis.app_role else None,
        "findings": [asdict(each) for each in diagnosis.findings],
        "commands": list(commands(diagnosis)),
    }


def print_reading(reading: Reading, name: str, *, json_: bool) -> None:
    """What an error's text says; `name` is what people call its principal."""
    if json_:
        out.print_json(data=asdict(reading) | {"name": name})
        return
    out.print(Text.assemble((f"{reading.source}: ", "bold"), reading.means))
    for label, value in _facts(reading, name):
        out.print(f"  {label:<10}{value}", markup=False)
    _print_lines(reading.do)


def _facts(reading: Reading, name: str) -> Iterator[tuple[str, str]]:
    known = f" ({name})" if name else ""
    facts = {
        "principal": f"{reading.principal}{known}" if reading.principal else "",
        "client": reading.client,
        "action": short_action(reading.action),
        "scope": reading.scope,
        "roles": ", ".join(reading.roles),
        "not told": reading.silent,
    }
    return ((label, value) for label, value in facts.items() if value)
