"""The prerequisites of a resource that is in, on, or names another; and changes one at a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from infra.rehearsal.plan import (
    DEPLOYMENT,
    ROLE_ASSIGNMENT,
    Plan,
    Severity,
    Step,
    ids_written,
    same_id,
)
from infra.rehearsal.rules.apps import called
from infra.rehearsal.rules.ids import ancestors, exists_by_itself
from infra.rehearsal.rules.rights import comes_earlier_by_luck, is_ready_for
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World, is_at_or_below

_GROUP = "Microsoft.Resources/resourceGroups"

# Children of which a parent takes one change at a time, and whether that is reported of every
# deployment or of some. By type, in lower case.
ONE_AT_A_TIME: Mapping[str, Severity] = {
    # azure-sdk-for-js#6276, #5516: a conflict now and then
    "microsoft.servicebus/namespaces/topics/subscriptions/rules": Severity.WARNED,
    # Azure/bicep-types-az#1736
    "microsoft.cognitiveservices/accounts/deployments": Severity.REFUSED,
    # microsoft-foundry/foundry-samples#560
    "microsoft.cognitiveservices/accounts/projects/connections": Severity.WARNED,
    # Azure/azure-powershell#1817: now and then
    "microsoft.network/virtualnetworks/subnets": Severity.WARNED,
    # Azure/bicep#6278
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": Severity.WARNED,
}


def comes_before_its_parent(plan: Plan, world: World) -> Iterator[Fault]:
    """Find children that may be made before the resource that they are in."""
    for each in _made(plan):
        for identifier in ancestors(each.id):
            made = plan.made_at(identifier)
            if made and not exists_by_itself(identifier):
                for late in _unready(plan, world, made, each):
                    what = f"it is in {called(late)}, and does not wait for it"
                    yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, late, each))
                break


def comes_before_its_scope(plan: Plan, world: World) -> Iterator[Fault]:
    """Find resources that may be made before their group, or before the resource they extend."""
    for each in plan.steps:
        if each.existing or each.is_a(ROLE_ASSIGNMENT) or _shares_its_scope(plan, each):
            continue
        for late in _unready(plan, world, plan.made_at(each.scope), each):
            what = f"it is deployed to {called(late)}, and does not wait for it"
            yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, late, each))


def comes_before_what_it_reads(plan: Plan, world: World) -> Iterator[Fault]:
    """Find resources with a value that is read from another, which may not be there yet."""
    for each in plan.steps:
        if not each.existing:
            for late in _late(plan, world, each, sorted(each.reads)):
                what = f"it takes a value from {called(late)}, and does not wait for it"
                yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, late, each))


def comes_before_what_it_names(plan: Plan, world: World) -> Iterator[Fault]:
    """Find resources that name another by its id, which may not be there yet."""
    for each in _made(plan):
        for late in _late(plan, world, each, sorted(set(ids_written(each.body)) - each.reads)):
            what = f"it names {called(late)} by its id, and does not wait for it"
            yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, late, each))


def changes_its_parent_beside_another(plan: Plan, world: World) -> Iterator[Fault]:
    """Find children of one parent, which takes one change at a time, that may be made together."""
    families: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for each in _made(plan):
        if each.type.lower() in ONE_AT_A_TIME:
            families[each.type.lower(), next(ancestors(each.id), "")].append(each)
    for (kind, _), children in families.items():
        for number, each in enumerate(children):
            beside = (other for other in children[:number] if _may_meet(plan, other, each))
            if (other := next(beside, None)) is not None:
                what = f"{other.key} may be made at the same moment"
                yield Fault(each, what, ONE_AT_A_TIME[kind])


def _may_meet(plan: Plan, one: Step, other: Step) -> bool:
    return not same_id(one.id, other.id) and plan.may_run_together(one, other)


def _made(plan: Plan) -> Iterator[Step]:
    return (each for each in plan.steps if not each.existing and not each.is_a(DEPLOYMENT))


def _shares_its_scope(plan: Plan, step: Step) -> bool:
    """Return whether the deployment around a step has the same scope, and so waits for it."""
    around = plan.inside.get(step.key)
    return around is not None and same_id(plan.step(around).scope, step.scope)


def _unready(plan: Plan, world: World, made: Sequence[Step], step: Step) -> Iterator[Step]:
    """Yield the first of the steps that make a resource, unless one is done when another begins."""
    if made and not any(each is step or is_ready_for(plan, world, each, step) for each in made):
        yield made[0]


def _late(plan: Plan, world: World, step: Step, identifiers: Sequence[str]) -> Iterator[Step]:
    for identifier in identifiers:
        # The parts of a resource name each other by its id; resources above are another rule's.
        if is_at_or_below(identifier, step.id) or is_at_or_below(step.id, identifier):
            continue
        made = [each for each in plan.made_at(identifier) if not each.is_a(_GROUP)]
        if not made or any(world.has(each) for each in made):
            continue
        if not any(plan.must_precede(each, step) for each in made):
            yield made[0]
