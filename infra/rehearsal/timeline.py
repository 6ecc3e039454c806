"""The timeline of a deployment, wave by wave: steps, dependencies, and rights."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from infra.rehearsal.plan import DEPLOYMENT, ROLE_ASSIGNMENT, Plan, Step, Unknown
from infra.rehearsal.roles import BUILT_IN


@dataclass(frozen=True)
class Right:
    """The right that a role assignment gives."""

    who: str
    role: str
    on: str


@dataclass(frozen=True)
class Entry:
    """One resource of a wave, and the resources that it waits for, without those they wait for."""

    step: Step
    what: str
    after: Sequence[str]
    right: Right | None = None


@dataclass(frozen=True)
class Wave:
    """Resources that may begin together, once all that they wait for has ended."""

    number: int
    entries: Sequence[Entry]


def timeline(plan: Plan) -> Sequence[Wave]:
    """Lay a plan out in waves, from 1, without existing resources and nested deployments."""
    made = [each for each in plan.steps if not each.existing and not each.is_a(DEPLOYMENT)]
    rows = groupby(sorted(made, key=plan.wave), key=plan.wave)
    return [
        Wave(number, [_entry(plan, each) for each in steps])
        for number, (_, steps) in enumerate(rows, 1)
    ]


def title(step: Step) -> str:
    """Name a resource for people: the last part of its type, and its name in its parent."""
    if step.is_a("Microsoft.Authorization/roleDefinitions"):
        return f"roleDefinitions {step.properties.get('roleName', step.name)}"
    if step.is_a(DEPLOYMENT):
        return step.key.rpartition("/")[2]
    return f"{step.type.rpartition('/')[2]} {str(step.name).rpartition('/')[2]}"


def waits_for(plan: Plan, step: Step) -> Sequence[Step]:
    """Find the steps that a step or the deployments around it wait for, and none implied."""
    around = [step.key]
    while around[-1] in plan.inside:
        around.append(plan.inside[around[-1]])
    keys = dict.fromkeys(each.first for each in plan.edges if each.then in around)
    first = [plan.step(key) for key in keys]
    return [one for one in first if not any(plan.must_precede(one, other) for other in first)]


def right(plan: Plan, assignment: Step) -> Right:
    """Return the right that a role assignment gives, in names as far as the plan has them."""
    given = assignment.properties if isinstance(assignment.properties, Mapping) else {}
    return Right(
        _who(plan, assignment, given), _role(plan, given.get("roleDefinitionId")), _on(assignment)
    )


def _entry(plan: Plan, step: Step) -> Entry:
    gives = right(plan, step) if step.is_a(ROLE_ASSIGNMENT) else None
    return Entry(step, title(step), [title(each) for each in waits_for(plan, step)], gives)


def _who(plan: Plan, assignment: Step, given: Mapping[str, Any]) -> str:
    principal = plan.principal(assignment)
    if principal.step is not None:
        return str(principal.step.name).rpartition("/")[2]
    kind = given.get("principalType")
    text = principal.object_id
    return f"{kind if isinstance(kind, str) else 'principal'} {text if text else 'without an id'}"


def _role(plan: Plan, definition: Any) -> str:
    identifier = str(definition)
    for each in plan.at(identifier):
        if isinstance(each.properties, Mapping) and "roleName" in each.properties:
            return str(each.properties["roleName"])
    name = identifier.rpartition("/")[2].lower()
    return BUILT_IN[name].name if name in BUILT_IN else f"role {name or 'unknown'}"


def _on(assignment: Step) -> str:
    parts = assignment.scope.strip("/").split("/")
    return " ".join(parts[-2:]) if len(parts) > 1 else assignment.scope or "the tenant"


def as_json(waves: Sequence[Wave]) -> Iterator[list[dict[str, Any]]]:
    """Yield a timeline for scripts."""
    for wave in waves:
        yield [
            {
                "key": each.step.key,
                "id": each.step.id,
                "type": each.step.type,
                "what": each.what,
                "after": list(each.after),
                "maybe": isinstance(each.step.condition, Unknown),
                "right": vars(each.right) if each.right else None,
            }
            for each in wave.entries
        ]
