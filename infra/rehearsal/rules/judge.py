"""Hold a plan against the table of rules."""

from collections.abc import Iterable, Sequence

from infra.rehearsal.plan import Finding, Plan, Severity
from infra.rehearsal.rules.rule import EVERY_TYPE, Rule
from infra.rehearsal.rules.table import RULES
from infra.rehearsal.world import World

_GRAVEST_FIRST = (Severity.REFUSED, Severity.WARNED, Severity.NOTED)


_EMPTY = World()


def judge(
    plan: Plan, world: World = _EMPTY, rules: Iterable[Rule] = RULES, strict: bool = False
) -> Sequence[Finding]:
    """Find the breaches of the rules, the gravest first, and otherwise in the order of the table.

    Where nothing orders two resources, Azure may take the wrong one first. If the right one begins
    earlier all the same, because it waits for less, that is a warning, unless `strict`.
    """
    found = [each for rule in rules for each in _broken(rule, plan, world, strict)]
    return sorted(found, key=lambda each: _GRAVEST_FIRST.index(each.severity))


def known_types(rules: Iterable[Rule] = RULES) -> frozenset[str]:
    """Return the types, in lower case, that a rule of their own looks at."""
    return frozenset(each.lower() for rule in rules for each in rule.types if each != "*")


def that_apply(plan: Plan, rules: Iterable[Rule] = RULES) -> Sequence[str]:
    """Return the names of the rules that have something to look at in a plan."""
    there = {each.type.lower() for each in plan.steps if not each.existing}
    return [
        rule.name
        for rule in rules
        if there and (rule.types == EVERY_TYPE or there & {each.lower() for each in rule.types})
    ]


def _broken(rule: Rule, plan: Plan, world: World, strict: bool) -> Iterable[Finding]:
    for fault in rule.check(plan, world):
        severity = fault.severity or rule.severity
        yield Finding(
            severity=Severity.WARNED if fault.by_luck and not strict else severity,
            resource=fault.step.key,
            what=f"{fault.what}: it is in time only by luck" if fault.by_luck else fault.what,
            rule=rule.name,
            source=rule.source,
            sure=rule.sure,
            mend=rule.mend,
        )
