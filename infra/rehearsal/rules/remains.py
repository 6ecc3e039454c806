"""The remains of an earlier deployment, and those that this one leaves."""

from collections.abc import Iterator

from infra.rehearsal.plan import DEPLOYMENT, ROLE_ASSIGNMENT, Plan, Severity, same_id
from infra.rehearsal.rules.apps import called, last_part
from infra.rehearsal.rules.bodies import is_true, text
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World


def has_a_name_that_a_deleted_one_keeps(plan: Plan, world: World) -> Iterator[Fault]:
    """Find resources whose name a deleted one of the same type keeps, unless they restore it."""
    for each in plan.steps:
        for deleted in world.deleted():
            same = not each.existing and each.is_a(deleted.type) and same_id(each.id, deleted.id)
            if same and not _restores(each.body, each.properties):
                yield Fault(
                    each, f"{called(each)} was deleted, and keeps its name until it is purged"
                )


def would_move(plan: Plan, world: World) -> Iterator[Fault]:
    """Find resources that exist in another location than the one they are planned for."""
    for each in plan.steps:
        earlier = None if each.existing else world.earlier(each)
        if earlier is None or each.is_a(DEPLOYMENT):
            continue
        before, now = (_location(step.location) for step in (earlier, each))
        if before and now and before != now:
            yield Fault(each, f"{called(each)} is in {before}, and would be made in {now}")


def leaves_a_right_behind(plan: Plan, world: World) -> Iterator[Fault]:
    """Find role assignments of the last deployment that this one no longer makes."""
    planned = {each.id.lower() for each in plan.of_type(ROLE_ASSIGNMENT)}
    for there in world.assignments():
        if there.id.lower() not in planned:
            on = last_part(there.scope)
            yield Fault(there, f"nothing takes away {there.key}, which gave a right on {on}")
        elif world.is_stale(there) or not world.grants(there):
            yield Fault(there, f"{there.key} stays for an identity that is gone", Severity.NOTED)


def leaves_a_resource_behind(plan: Plan, world: World) -> Iterator[Fault]:
    """Find other resources of the last deployment that this one no longer makes."""
    planned = {each.id.lower() for each in plan.steps}
    for there in world.kept.values():
        hidden = there.is_a(ROLE_ASSIGNMENT) or there.is_a(DEPLOYMENT)
        if not hidden and there.id.lower() not in planned:
            yield Fault(there, f"{called(there)} stays until it is deleted")


def _restores(body: object, properties: object) -> bool:
    mode = (text(body, "properties", "createMode") or "").lower()
    return mode == "recover" or is_true(properties, "restore")


def _location(value: object) -> str:
    # Azure reads "West Europe" as westeurope.
    return value.replace(" ", "").lower() if isinstance(value, str) else ""
