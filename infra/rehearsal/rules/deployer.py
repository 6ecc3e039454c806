"""The rights that the deployer needs."""

import re
from collections.abc import Iterator, Sequence
from typing import get_args

from infra.rehearsal.plan import ROLE_ASSIGNMENT, Plan, Step
from infra.rehearsal.rules.bodies import text
from infra.rehearsal.rules.rights import ROLE_DEFINITION, role_of
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import Holding, World, Writing, is_at_or_below

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged
_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
_ACCESS_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
_GUIDS_OF_A_CONDITION = re.compile(r"GuidEquals \{([^}]*)\}")


def is_more_than_the_deployer_may(plan: Plan, world: World) -> Iterator[Fault]:
    """Find resources that the deployer has no right to make, or roles they may not give."""
    if world.deployer is None:
        return
    for each in plan.steps:
        if not each.existing and not any(_allows(holding, each) for holding in world.deployer):
            yield Fault(each, f"the deployer may not write {each.type} here")


def holdings(plan: Plan) -> Sequence[Holding]:
    """Return the write permissions in a plan of one deployer's role assignments."""
    return [held for each in plan.of_type(ROLE_ASSIGNMENT) for held in _held(each)]


def _held(assignment: Step) -> Iterator[Holding]:
    role = role_of(assignment)
    if role == _OWNER:
        yield Holding(assignment.scope, frozenset(get_args(Writing)))
    if role == _CONTRIBUTOR:
        yield Holding(assignment.scope, frozenset({"resources"}))
    if role == _ACCESS_ADMINISTRATOR:
        condition = text(assignment.properties, "condition")
        only = None if condition is None else _roles_of(condition)
        yield Holding(assignment.scope, frozenset({"role assignments"}), only)


def _roles_of(condition: str) -> frozenset[str]:
    """Return the roles that all parts of a condition let through."""
    lists = [
        frozenset(each.strip().lower() for each in found.split(","))
        for found in _GUIDS_OF_A_CONDITION.findall(condition)
    ]
    return frozenset.intersection(*lists) if lists else frozenset()


def _allows(holding: Holding, step: Step) -> bool:
    if not is_at_or_below(step.scope if _is_of_rights(step) else step.id, holding.scope):
        return False
    if step.is_a(ROLE_ASSIGNMENT):
        only = holding.only_roles
        return "role assignments" in holding.writes and (only is None or role_of(step) in only)
    if step.is_a(ROLE_DEFINITION):
        return "role definitions" in holding.writes
    return "resources" in holding.writes


def _is_of_rights(step: Step) -> bool:
    return step.is_a(ROLE_ASSIGNMENT) or step.is_a(ROLE_DEFINITION)
