"""The rights of identities, as far as a plan shows them."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from infra.rehearsal.plan import (
    ROLE_ASSIGNMENT,
    Plan,
    Step,
    Unknown,
    Value,
    has_unknown_part,
    same_id,
)
from infra.rehearsal.roles import BUILT_IN
from infra.rehearsal.rules.bodies import entries, inside, text
from infra.rehearsal.world import World, is_at_or_below

ROLE_DEFINITION = "Microsoft.Authorization/roleDefinitions"


def is_ready_for(plan: Plan, world: World, first: Step, then: Step) -> bool:
    """Return whether one resource is surely there when another is made."""
    if world.grants(first) if first.is_a(ROLE_ASSIGNMENT) else world.has(first):
        return True
    return plan.must_precede(first, then) and plan.needs(first) <= plan.needs(then)


def comes_earlier_by_luck(plan: Plan, first: Step, then: Step) -> bool:
    """Return whether one resource would be there when another is made, were all made equally fast.

    Nothing in the template makes it so: the first begins earlier because it waits for less.
    """
    return plan.wave(first) < plan.wave(then) and plan.may_precede(first, then)


def role_of(assignment: Step) -> str | None:
    """Return the GUID of the role of an assignment, in lower case; None if it is unknown."""
    given = inside(assignment.properties, "roleDefinitionId")
    if isinstance(given, Unknown):
        given = given.of
    return (
        given.rstrip("/").rpartition("/")[2].lower() if isinstance(given, str) and given else None
    )


def role_step(plan: Plan, assignment: Step) -> Step | None:
    """Return the definition of the role of an assignment, where the same plan makes it."""
    given = inside(assignment.properties, "roleDefinitionId")
    identifier = given.of if isinstance(given, Unknown) else given
    if not isinstance(identifier, str) or not identifier:
        return None
    made = plan.of_type(ROLE_DEFINITION)
    return next((each for each in made if _same_role(each.id, identifier)), None)


def _same_role(one: str, other: str) -> bool:
    """Compare the ids of role definitions, which name one role at whatever scope they begin."""
    mark = "/providers/microsoft.authorization/roledefinitions/"
    left, right = (each.rstrip("/").lower().rpartition(mark) for each in (one, other))
    return bool(left[1] and right[1]) and left[2] == right[2]


def includes(plan: Plan, assignment: Step, action: str) -> bool | None:
    """Return whether a role includes an action; None where the role is not known here."""
    made = role_step(plan, assignment)
    if made is not None:
        return any(_matches(each, action) for each in _actions(made))
    built_in = BUILT_IN.get(role_of(assignment) or "")
    return None if built_in is None else any(_matches(e, action) for e in built_in.includes)


def of(plan: Plan, identity: str, world: World) -> Iterator[Step]:
    """Return the role assignments of an identity, by its id or its resource's id."""
    return (each for each in _assignments(plan, world) if same_id(_whom(plan, each), identity))


def on(assignments: Iterable[Step], resource: str) -> Iterator[Step]:
    """Return those of the assignments whose scope is a resource or contains it."""
    return (each for each in assignments if is_at_or_below(resource, each.scope))


def may_be_given(plan: Plan, identity: str, resource: str, action: str) -> bool:
    """Return whether an assignment gives a right, if its unknown parts are as they should be."""
    for each in plan.of_type(ROLE_ASSIGNMENT):
        anyone = plan.principal(each).kind == "unknown"
        anything = has_unknown_part(each.scope)
        its_own = same_id(_whom(plan, each), identity)
        there = anything or is_at_or_below(resource, each.scope)
        unsure = anyone or anything
        if unsure and (anyone or its_own) and there and includes(plan, each, action) is not False:
            return True
    return False


def _whom(plan: Plan, assignment: Step) -> str:
    """Return the id of the identity that an assignment is for, or an empty text."""
    value = inside(assignment.properties, "principalId")
    known = plan.principal(assignment).kind in {"user-assigned", "system-assigned"}
    return value.of if known and isinstance(value, Unknown) else ""


def _assignments(plan: Plan, world: World) -> Iterator[Step]:
    yield from plan.of_type(ROLE_ASSIGNMENT)
    planned = {each.id.lower() for each in plan.of_type(ROLE_ASSIGNMENT)}
    yield from (each for each in world.assignments() if each.id.lower() not in planned)


def _actions(definition: Step) -> Iterator[str]:
    for permission in entries(definition.properties, "permissions"):
        for key in ("actions", "dataActions"):
            listed = inside(permission, key)
            if isinstance(listed, list | tuple):
                yield from (each for each in listed if isinstance(each, str))


def _matches(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def identity_named(app: Step, value: Value) -> str | None:
    """Return the id of the identity that an app names by id, or by the word `system`."""
    if isinstance(value, str) and value.lower() == "system":
        return app.id
    identifier = value.of if isinstance(value, Unknown) else value
    return identifier if isinstance(identifier, str) and identifier.startswith("/") else None


def kinds_of_identity(step: Step) -> frozenset[str] | None:
    """Return the kinds of identity of a resource, in lower case; None if they are unknown."""
    given = inside(step.body, "identity", "type")
    if isinstance(given, Unknown):
        return None
    return frozenset(
        each.strip().lower() for each in (text(step.body, "identity", "type") or "").split(",")
    )
