"""No template makes a rule fail, however its author filled it in."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from infra.rehearsal.arm import plan_of
from infra.rehearsal.rules import RULES, judge, that_apply
from infra.rehearsal.world import World

CASES = Path(__file__).parent / "cases"
TEMPLATES = [json.loads((CASES / f"{rule.name}.json").read_text())["template"] for rule in RULES]
ODD = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-1, 3),
    some.floats(allow_nan=False),
    some.sampled_from(["", "x", "a/b/c", "/subscriptions/s", "[resourceGroup().location]"]),
    some.sampled_from(["[reference('worker').x]", "[reference('vault').vaultUri]", "[null()]"]),
    some.just([]),
    some.just({}),
    some.just([None]),
    some.just([{}]),
    some.just({"a": None}),
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a template, below its outermost."""
    if len(way) > 1:
        yield way
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*way, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*way, number))


@some.composite
def odd_templates(draw: some.DrawFn) -> dict[str, Any]:
    template: dict[str, Any] = copy.deepcopy(draw(some.sampled_from(TEMPLATES)))
    for _ in range(draw(some.integers(1, 3))):
        *way, last = draw(some.sampled_from(list(places(template))))
        place: Any = template
        for part in way:
            place = place[part]
        place[last] = copy.deepcopy(draw(ODD))
    return template


@settings(max_examples=150)
@given(odd_templates(), some.sampled_from(TEMPLATES))
def test_a_rule_says_something_or_nothing_and_never_fails(
    template: dict[str, Any], other: dict[str, Any]
) -> None:
    plan, before = plan_of(template), plan_of(other)
    recreated = frozenset(each.id for each in before.steps)
    for world in (World(), World(plan), World(before, recreated=recreated)):
        assert all(each.what for each in judge(plan, world))
    assert set(that_apply(plan)) <= {rule.name for rule in RULES}
