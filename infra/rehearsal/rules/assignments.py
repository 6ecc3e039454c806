"""Role assignments and definitions: their prerequisites, and their uniqueness."""

from collections.abc import Iterator

from infra.rehearsal.plan import ROLE_ASSIGNMENT, Plan, Step, same_id
from infra.rehearsal.rules.apps import called
from infra.rehearsal.rules.bodies import inside, text_of
from infra.rehearsal.rules.ids import ancestors, is_nested
from infra.rehearsal.rules.rights import (
    ROLE_DEFINITION,
    comes_earlier_by_luck,
    is_ready_for,
    kinds_of_identity,
    role_of,
    role_step,
)
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World

# The scope, the role and the principal of an assignment.
Right = tuple[str, str, str]


def is_on_a_resource_that_comes_later(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments that may be made before the resource that they are on."""
    for each, resource in _made_too_late(plan, world):
        if not is_nested(resource.id):
            what = f"the role is on {called(resource)}, and does not wait for it"
            yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, resource, each))


def is_on_an_entity_that_comes_later(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments that may be made before the secret, container or queue that they are on."""
    for each, resource in _made_too_late(plan, world):
        if is_nested(resource.id):
            yield Fault(each, f"the role is on {called(resource)}, and does not wait for it")


def is_for_a_principal_that_comes_later(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments that may be made before the identity that they are for."""
    for each in plan.of_type(ROLE_ASSIGNMENT):
        principal = plan.principal(each).step
        if principal is None or principal.existing or is_ready_for(plan, world, principal, each):
            continue
        if plan.must_precede(principal, each):
            continue  # it is there, or its condition is false and the assignment has no principal
        what = f"the role is for {called(principal)}, and does not wait for it"
        yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, principal, each))


def is_for_an_identity_that_is_not_there(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments for the system-assigned identity of a resource that has none."""
    for each in plan.of_type(ROLE_ASSIGNMENT):
        principal = plan.principal(each)
        if principal.kind != "system-assigned" or principal.step is None or principal.step.existing:
            continue
        kinds = kinds_of_identity(principal.step)
        if kinds is not None and "systemassigned" not in kinds:
            yield Fault(each, f"{called(principal.step)} has no system-assigned identity")


def is_for_a_new_principal_of_no_type(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments without principalType for an identity that the same plan makes."""
    for each in plan.of_type(ROLE_ASSIGNMENT):
        principal = plan.principal(each)
        made = principal.step is not None and not principal.step.existing
        if not made or principal.step is None or world.has(principal.step):
            continue
        if inside(each.properties, "principalType") in (None, ""):
            name = called(principal.step)
            yield Fault(each, f"the role is for {name}, which is new, and has no principalType")


def gives_a_role_that_comes_later(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments that may be made before the definition of their role."""
    for each in plan.of_type(ROLE_ASSIGNMENT):
        definition = role_step(plan, each)
        if definition is not None and not is_ready_for(plan, world, definition, each):
            what = f"the assignment does not wait for its role {called(definition)}"
            yield Fault(each, what, by_luck=comes_earlier_by_luck(plan, definition, each))


def is_there_under_another_name(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments of one role to one principal on one resource under two names."""
    there = {right: each for each in world.assignments() if (right := _right(each))}
    planned: dict[Right, Step] = {}
    for each in plan.of_type(ROLE_ASSIGNMENT):
        right = _right(each)
        if right is None:
            continue
        first = planned.setdefault(right, each)
        if not same_id(first.id, each.id):
            yield Fault(each, f"{first.key} gives the same right under another name")
        elif right in there and not same_id(there[right].id, each.id):
            name = f"{there[right].key} of the last deployment"
            yield Fault(each, f"{name} gives the same right under another name")


def would_change_whom_it_is_for(plan: Plan, world: World) -> Iterator[Fault]:
    """Find assignments that exist under the same name for a deleted identity."""
    planned: dict[str, Step] = {}
    for each in plan.of_type(ROLE_ASSIGNMENT):
        if world.has(each) and not world.grants(each):
            yield Fault(each, "an assignment of this name is for the identity that was deleted")
        first = planned.setdefault(each.id.lower(), each)
        if _right(first) != _right(each):
            yield Fault(each, f"{first.key} has the same name and gives another right")


def has_a_name_that_the_tenant_has(plan: Plan, world: World) -> Iterator[Fault]:
    """Find role definitions whose role name another definition has, planned or there already."""
    planned: dict[str, Step] = {}
    for each in plan.of_type(ROLE_DEFINITION):
        name = text_of(inside(each.properties, "roleName"))
        if name is None:
            continue
        first = planned.setdefault(name, each)
        if not same_id(first.id, each.id):
            yield Fault(each, f"the role name {name} is that of {first.key}, too")
        elif name in world.roles and not same_id(world.roles[name], each.id):
            yield Fault(each, f"the role name {name} is taken by {world.roles[name]}")


def has_data_actions_at_a_management_group(plan: Plan, world: World) -> Iterator[Fault]:
    """Find custom roles with data actions that a management group could assign."""
    for each in plan.of_type(ROLE_DEFINITION):
        scopes = inside(each.properties, "assignableScopes")
        given = inside(each.properties, "permissions")
        data = isinstance(given, list) and any(inside(one, "dataActions") for one in given)
        for scope in scopes if data and isinstance(scopes, list) else ():
            if isinstance(scope, str) and "/managementgroups/" in scope.lower():
                yield Fault(each, f"{called(each)} has data actions and is assignable in {scope}")


def _made_too_late(plan: Plan, world: World) -> Iterator[tuple[Step, Step]]:
    for each in plan.of_type(ROLE_ASSIGNMENT):
        for scope in (each.scope, *ancestors(each.scope)):
            made = plan.made_at(scope)
            if made and not any(is_ready_for(plan, world, resource, each) for resource in made):
                yield each, made[0]


def _right(assignment: Step) -> Right | None:
    """Return principal, role and scope of an assignment; None if too little is known."""
    role = role_of(assignment)
    principal = text_of(inside(assignment.properties, "principalId"))
    if role is None or principal is None:
        return None
    return assignment.scope.rstrip("/").lower(), role, principal
