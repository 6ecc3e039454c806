"""`keyless rehearse`: a deployment in Azure's order, offline, with Azure's refusals."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.sample import is_the_sample
from cli.terminal import USAGE, fail, one_sentence, out, print_json
from infra.rehearsal.arm import plan_of
from infra.rehearsal.files import FilesError, Template, read_both, read_parameters, read_template
from infra.rehearsal.plan import DEPLOYMENT, Finding, Plan, Severity
from infra.rehearsal.rules import judge, known_types
from infra.rehearsal.rules.types import what_the_compiler_says
from infra.rehearsal.scenarios import SCENARIOS
from infra.rehearsal.scenarios import rehearse as play
from infra.rehearsal.timeline import Entry, as_json, timeline
from sandbox.deployment import SnapshotError
from sandbox.deployment.given_snapshot import template_of
from sandbox.state import PROJECT

_FOLDER = PROJECT / "infra" / "bicep"
_TEMPLATES = ("main", "workshop", "deployer")
_FEW = 2  # expected findings of each of several scenarios
_MARKS = {
    Severity.REFUSED: "[bold red]✗[/]",
    Severity.WARNED: "[yellow]![/]",
    Severity.NOTED: "[dim]·[/]",
}


@dataclass(frozen=True)
class Rehearsal:
    """One rehearsal, ready to print."""

    name: str
    title: str
    plan: Plan
    findings: Sequence[Finding]
    # The findings that the scenario demonstrates, and the rules that it should have and did not.
    expected: Sequence[Finding] = ()
    unmet: Sequence[str] = ()

    @property
    def refused(self) -> int:
        """The number of faults that would stop or cripple the deployment on Azure."""
        found = [each for each in self.findings if each.severity is Severity.REFUSED]
        return len(found) + len(self.unmet)


def rehearse(
    scenario: Annotated[
        str | None, typer.Option(help=f"Rehearse only one of {', '.join(SCENARIOS)}.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option(help="Your own template: compiled .json, or .bicep.")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(help="The template's parameters: .json, or .bicepparam.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rehearse the deployment offline: its order on Azure, and the errors to expect."""
    if scenario is not None and scenario not in SCENARIOS:
        fail(f"unknown scenario {scenario!r}; choose from {', '.join(SCENARIOS)}", USAGE)
    if (template is None and parameters) or (template and scenario):
        fail("--parameters needs --template, and --scenario cannot go with either", USAGE)
    with one_sentence(FilesError, SnapshotError):
        if template is None and not is_the_sample():
            if scenario is not None:
                fail("the scenarios need the sample's deployment, and this is another one", USAGE)
            template, parameters = _FOLDER / "main.bicep", _FOLDER / "sandbox.bicepparam"
        found = [rehearsal_of(template, parameters)] if template else list(_ours(scenario))
    if json_:
        print_json({"rehearsals": [_as_json(each) for each in found]})
    else:
        _print(found)
    if any(each.refused for each in found):
        raise typer.Exit(1)


class _Compiled(Mapping[str, Mapping[str, Any]]):
    """Our templates by name, each compiled on first use."""

    def __init__(self) -> None:
        self.read: dict[str, Template] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self.read:
            self.read[name] = read_template(_FOLDER / f"{name}.bicep")
        return self.read[name].content

    def __iter__(self) -> Iterator[str]:
        return iter(_TEMPLATES)

    def __len__(self) -> int:
        return len(_TEMPLATES)


def _ours(only: str | None) -> Iterator[Rehearsal]:
    templates = _Compiled()
    for name in [only] if only else SCENARIOS:
        scenario = SCENARIOS[name]
        played = play(scenario, templates)
        warnings = what_the_compiler_says(templates.read[scenario.template].diagnostics)
        findings = [*warnings, *played.findings]
        yield Rehearsal(
            name, scenario.title, played.plan, findings, played.expected, sorted(played.unmet)
        )


def rehearsal_of(template: Path, parameters: Path | None) -> Rehearsal:
    """Return the rehearsal of a template. Raises FilesError."""
    given: Mapping[str, Any]
    if parameters and _uses(parameters, template):
        read, given = read_both(parameters)
    else:
        read = read_template(template)
        given = read_parameters(parameters) if parameters else {}
    plan = plan_of(read.content, given)
    findings = [*what_the_compiler_says(read.diagnostics), *plan.findings, *judge(plan)]
    return Rehearsal("", template.name, plan, findings)


def _uses(parameters: Path, template: Path) -> bool:
    """Return whether both are Bicep, and the parameters are of this template."""
    with suppress(OSError, ValueError):
        if parameters.suffix == ".bicepparam" and template.suffix == ".bicep":
            return template_of(parameters).resolve() == template.resolve()
    return False


def _print(rehearsals: Sequence[Rehearsal]) -> None:
    _print_timeline(rehearsals[0].plan)
    for each in rehearsals:
        _print_outcome(each, _FEW if len(rehearsals) > 1 else len(each.expected))
    if unruled := sorted({kind for each in rehearsals for kind in _unruled(each.plan)}):
        out.print(f"[dim]No specific rules for {', '.join(unruled)}.[/]")
    refused = sum(each.refused for each in rehearsals)
    if len(rehearsals) > 1:
        total = f"[bold red]{refused} refusals[/]" if refused else "Azure would refuse nothing"
        out.print(f"{len(rehearsals)} rehearsals: {total}, as far as the rules know.")


def _print_timeline(plan: Plan) -> None:
    for wave in timeline(plan):
        out.print(f"[bold]{wave.number:>3}[/]", end="")
        rows = groupby(wave.entries, key=lambda each: each.after)
        for number, (after, entries) in enumerate(rows):
            indent = "  " if number == 0 else " " * 5
            out.print(f"{indent}[dim]{_after(after)}[/]")
            for each in entries:
                out.print(f"{' ' * 7}{_line(each)}")
    out.print()


def _after(names: Sequence[str]) -> str:
    return f"after {escape(', '.join(names))}" if names else "at once"


def _line(entry: Entry) -> str:
    maybe = "" if entry.step.condition is True else " [dim](perhaps)[/]"
    if entry.right is None:
        return f"{escape(entry.what)}{maybe}"
    who, role, on = escape(entry.right.who), escape(entry.right.role), escape(entry.right.on)
    return f"[cyan]{who}[/] may [green]{role}[/] on {on}{maybe}"


def _print_outcome(rehearsal: Rehearsal, few: int) -> None:
    mark = _MARKS[Severity.REFUSED] if rehearsal.refused else "[green]✓[/]"
    name = f"{rehearsal.name:<22}" if rehearsal.name else ""
    out.print(f"{mark} {name}{escape(rehearsal.title)} [dim]{_size(rehearsal.plan)}[/]")
    for each in rehearsal.findings:
        _print_finding(each)
    for each in rehearsal.expected[:few]:
        out.print(f"    [dim]as expected: {each.severity.value} {_named(each)}[/]")
    if (more := len(rehearsal.expected) - few) > 0:
        out.print(f"    [dim]and {more} more: --scenario {rehearsal.name}[/]")
    for rule in rehearsal.unmet:
        out.print(f"    {_MARKS[Severity.REFUSED]} expected a finding by the rule {rule}, got none")
    for sentence in rehearsal.plan.not_understood:
        out.print(f"    [yellow]?[/] {escape(sentence)}")


def _print_finding(finding: Finding) -> None:
    out.print(f"    {_MARKS[finding.severity]} {_named(finding)}")
    out.print(f"      [dim]rule {finding.rule} ({finding.sure.value}): {escape(finding.source)}[/]")
    out.print(f"      [dim]fix:[/] {escape(finding.mend)}")


def _named(finding: Finding) -> str:
    where = f"{finding.resource}: " if finding.resource else ""
    return escape(f"{where}{finding.what}")


def _size(plan: Plan) -> str:
    made = [each for each in plan.steps if not each.existing and not each.is_a(DEPLOYMENT)]
    return f"({len(made)} resources)"


def _unruled(plan: Plan) -> Sequence[str]:
    known = known_types()
    made = {each.type for each in plan.steps if not each.existing and not each.is_a(DEPLOYMENT)}
    return sorted(each for each in made if each.lower() not in known)


def _as_json(rehearsal: Rehearsal) -> Mapping[str, Any]:
    return {
        "name": rehearsal.name,
        "title": rehearsal.title,
        "waves": list(as_json(timeline(rehearsal.plan))),
        "findings": [_finding_as_json(each) for each in rehearsal.findings],
        "expected": [_finding_as_json(each) for each in rehearsal.expected],
        "unmet": list(rehearsal.unmet),
        "notUnderstood": list(rehearsal.plan.not_understood),
        "noRuleFor": list(_unruled(rehearsal.plan)),
        "refused": rehearsal.refused,
    }


def _finding_as_json(finding: Finding) -> Mapping[str, str]:
    return {
        "severity": finding.severity.name.lower(),
        "resource": finding.resource,
        "what": finding.what,
        "rule": finding.rule,
        "source": finding.source,
        "sure": finding.sure.value,
        "mend": finding.mend,
    }
