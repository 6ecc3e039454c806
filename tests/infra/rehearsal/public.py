"""Rehearse the templates of others, which are known to deploy: none may be refused.

Takes a folder of compiled templates, each with a file of parameters beside it, and prints a table.
    python -m tests.infra.rehearsal.public FOLDER
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import DEPLOYMENT, Finding, Plan, Severity
from infra.rehearsal.rules import RULES, judge, that_apply
from infra.rehearsal.rules.rule import EVERY_TYPE


@dataclass(frozen=True)
class Rehearsed:
    """A template of another project, and the findings of the rules."""

    name: str
    plan: Plan
    findings: Sequence[Finding]

    @property
    def refused(self) -> Sequence[str]:
        """The findings that Azure is expected to refuse."""
        found = (each for each in self.findings if each.severity is Severity.REFUSED)
        return [f"{each.rule}: {each.resource}: {each.what}" for each in found]


def rehearsed(folder: Path) -> Iterator[Rehearsed]:
    """Rehearse every template of a folder."""
    for path in sorted(folder.glob("*.json")):
        if not path.name.endswith(".parameters.json"):
            plan = plan_of(json.loads(path.read_text()), parameters(path))
            yield Rehearsed(path.stem, plan, [*plan.findings, *judge(plan)])


def parameters(template: Path) -> Mapping[str, Any]:
    """The plain values of the file of parameters that stands beside a template."""
    path = template.with_suffix(".parameters.json")
    given = json.loads(path.read_text())["parameters"] if path.exists() else {}
    return {name: each["value"] for name, each in given.items()}


def row(each: Rehearsed) -> str:
    """One line of the table."""
    made = [step for step in each.plan.steps if not step.existing and not step.is_a(DEPLOYMENT)]
    rights = sum(step.type.lower().endswith("roleassignments") for step in made)
    count = Counter(finding.severity for finding in each.findings)
    shown = " ".join(f"{count[severity]} {severity.value}" for severity in Severity)
    general = {rule.name for rule in RULES if rule.types == EVERY_TYPE}
    rules = ", ".join(name for name in that_apply(each.plan) if name not in general)
    seen, of = noticed(each.plan)
    return f"| {each.name} | {len(made)} | {rights} | {shown} | {seen} of {of} | {rules} |"


def noticed(plan: Plan) -> tuple[int, int]:
    """Return how many removed edges go unnoticed, and how many order anything."""
    before = {_mark(each) for each in judge(plan, strict=True)}
    changed = [plan.without(each) for each in plan.edges]
    matter = [
        each
        for edge, each in zip(plan.edges, changed, strict=True)
        if not each.must_precede(each.step(edge.first), each.step(edge.then))
    ]
    seen = [each for each in matter if {_mark(e) for e in judge(each, strict=True)} - before]
    return len(seen), len(matter)


def _mark(finding: Finding) -> tuple[str, str, Severity]:
    return finding.rule, finding.resource, finding.severity


def main(folder: str) -> int:
    """Print the table and the refusals, and fail if there are any."""
    every = list(rehearsed(Path(folder)))
    print(
        "| template | resources | role assignments | findings | edges missed | rules of its types |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for each in every:
        print(row(each))
    refused = [f"{each.name}: {what}" for each in every for what in each.refused]
    print(*refused, sep="\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
