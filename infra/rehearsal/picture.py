"""Draws the order of our deployment: `python -m infra.rehearsal.picture` writes it.

A box is a nested deployment, or a resource that stands beside them; an arrow makes its
target wait. An arrow that others imply is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.rehearsal import drawing
from infra.rehearsal.arm import plan_of
from infra.rehearsal.drawing import Box
from infra.rehearsal.files import read_template
from infra.rehearsal.layers import layered
from infra.rehearsal.plan import DEPLOYMENT, ROLE_ASSIGNMENT, Plan, Step
from infra.rehearsal.scenarios import SCENARIOS

_PROJECT = Path(__file__).parents[2]
PICTURE = _PROJECT / "docs" / "pictures" / "order.svg"
_APP = "Microsoft.App/containerApps"


@dataclass(frozen=True)
class Wait:
    """One arrow, with its number."""

    number: int
    first: Step
    then: Step

    @property
    def names(self) -> tuple[str, str]:
        """The names of its two ends."""
        return _name(self.first), _name(self.then)


def order_of_ours() -> Plan:
    """Plan our own deployment, the first with images. Raises FilesError."""
    template = read_template(_PROJECT / "infra" / "bicep" / "main.bicep")
    return plan_of(template.content, SCENARIOS["first-with-images"].parameters, strict=True)


def waits(plan: Plan) -> Sequence[Wait]:
    """Return the arrows of the picture, in the order in which their ends may begin."""
    shown = {each.key for each in _shown(plan)}
    found = [
        (plan.step(each.first), plan.step(each.then))
        for each in plan.edges
        if {each.first, each.then} <= shown
    ]
    found = [(one, then) for one, then in found if not _is_implied(plan, one, then, found)]
    found.sort(key=lambda each: (_begins(plan, each[1]), each[1].key, each[0].key))
    return [Wait(number, one, then) for number, (one, then) in enumerate(found, 1)]


def svg(plan: Plan) -> str:
    """Draw the order of a plan."""
    around, arrows = _around(plan), waits(plan)
    boxes = [each for each in _shown(plan) if each is not around]
    free = [each for each in arrows if each.then is not around]
    least = {each.key: int(each.key in plan.inside) for each in boxes}
    return drawing.svg(
        drawing.Picture(
            title="The order of the deployment",
            description="; ".join(
                f"{then} waits for {one}" for one, then in (each.names for each in arrows)
            ),
            boxes={each.key: _box(plan, each) for each in boxes},
            layers=layered(least, [(each.first.key, each.then.key) for each in free]),
            numbers={(each.first.key, each.then.key): each.number for each in free},
            frame=_name(around) if around else "",
            into={each.first.key: each.number for each in arrows if each.then is around},
        )
    )


def _around(plan: Plan) -> Step | None:
    """Return the first nested deployment that holds others."""
    deployments = [each for each in plan.of_type(DEPLOYMENT) if each.key in plan.inside]
    return plan.step(plan.inside[deployments[0].key]) if deployments else None


def _shown(plan: Plan) -> Sequence[Step]:
    around = _around(plan)
    return [
        each
        for each in plan.steps
        if not each.existing
        and (each.key not in plan.inside or (around and plan.inside[each.key] == around.key))
    ]


def _is_implied(plan: Plan, one: Step, then: Step, found: Sequence[tuple[Step, Step]]) -> bool:
    return any(last is then and plan.must_precede(one, first) for first, last in found)


def _begins(plan: Plan, step: Step) -> int:
    """Return how many of the shown steps must end before this one starts."""
    return sum(plan.must_precede(each, step) for each in _shown(plan))


def _name(step: Step) -> str:
    return step.key.rpartition("/")[2]


def _box(plan: Plan, step: Step) -> Box:
    inner = [each for each in plan.steps if plan.inside.get(each.key) == step.key]
    made = [each for each in inner if not each.existing] or [step]
    if all(each.is_a(ROLE_ASSIGNMENT) for each in made):
        return Box(_name(step), f"{len(made)} rights", "rights")
    outermost = min(made, key=lambda each: each.type.count("/")).type.rpartition("/")[2]
    more = f" and {len(made) - 1} more" if len(made) > 1 else ""
    return Box(_name(step), outermost + more, "app" if made[0].is_a(_APP) else "box")


if __name__ == "__main__":
    PICTURE.write_text(svg(order_of_ours()))
