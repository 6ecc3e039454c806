"""Hold the names of a plan against the table of names."""

from collections.abc import Iterator

from infra.rehearsal.plan import Plan, Step, same_id
from infra.rehearsal.rules.naming import NAMES, NameRule
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World


def has_a_name_of_the_wrong_length(plan: Plan, world: World) -> Iterator[Fault]:
    """Find names that are shorter or longer than their type allows."""
    for each, name, rule in _named(plan):
        if not rule.shortest <= len(name) <= rule.longest:
            length = f"{len(name)} characters, and {each.type} takes {_span(rule)}"
            yield Fault(each, f"the name {name} has {length}")


def has_a_name_of_the_wrong_letters(plan: Plan, world: World) -> Iterator[Fault]:
    """Find names with characters that their type does not take."""
    for each, name, rule in _named(plan):
        if name and not rule.alphabet.takes(name):
            yield Fault(each, f"the name {name} is none for {each.type}: {rule.alphabet.words}")


def has_a_name_that_is_taken(plan: Plan, world: World) -> Iterator[Fault]:
    """Find names of which there can be one in all of Azure, and that another has."""
    planned: dict[tuple[str, str], Step] = {}
    for each, name, rule in _named(plan):
        if rule.unique_in != "all of Azure":
            continue
        key = each.type.lower(), name.lower()
        first = planned.setdefault(key, each)
        if not same_id(first.id, each.id):
            yield Fault(each, f"the name {name} is that of {first.key}, too")
        elif key in world.taken and not world.has(each):
            yield Fault(each, f"the name {name} is already taken in Azure")


def _named(plan: Plan) -> Iterator[tuple[Step, str, NameRule]]:
    for each in plan.steps:
        rule = NAMES.get(each.type.lower())
        if rule is not None and not each.existing and isinstance(each.name, str):
            parts = each.name.split("/")
            if len(parts) == each.type.count("/"):
                yield each, parts[-1], rule


def _span(rule: NameRule) -> str:
    bounds = dict.fromkeys((rule.shortest, rule.longest))
    return " to ".join(str(each) for each in bounds)
