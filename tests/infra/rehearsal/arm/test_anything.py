"""Whatever a template holds, it is planned or named, and never ends in a traceback."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.rehearsal.arm import plan_of
from infra.rehearsal.arm.budget import Budget
from infra.rehearsal.plan import Plan

BASE: dict[str, Any] = json.loads(Path(__file__).with_name("everything.json").read_text())
ENOUGH = 60_000

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 10**12),
        st.text(max_size=8),
        st.sampled_from(
            [
                "[parameters('p')]",
                "[copyIndex()]",
                "[reference('store')]",
                "[variables('v')]",
                "[resourceGroup()]",
                "[null()]",
                "[createArray(createObject())]",
                "[",
                "[]",
                "[[x]",
            ]
        ),
    ),
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(st.text(max_size=6), below, max_size=3)
    ),
    max_leaves=6,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a value."""
    if path:
        yield path
    parts: Any = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else parts:
        yield from paths(each, (*path, key))


ALL = list(paths(BASE))
TEXTS = [path for path in ALL if isinstance(path[-1], str)]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """The template with a few of its parts replaced, removed, exchanged or misspelt."""
    found = copy.deepcopy(BASE)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(ALL))
        try:
            around, old = at(found, path[:-1]), at(found, path)
        except (KeyError, IndexError, TypeError):
            continue
        kind = draw(st.sampled_from(["replace", "remove", "exchange", "misspell"]))
        if kind == "remove":
            del around[path[-1]]
        elif kind == "exchange":
            around[path[-1]] = copy.deepcopy(at(BASE, draw(st.sampled_from(ALL))))
        elif kind == "misspell" and isinstance(old, str):
            place = draw(st.integers(0, len(old)))
            more = draw(st.sampled_from(["", "'", "(", ")", "[", ",", "0", "null()"]))
            around[path[-1]] = old[:place] + more + old[place + draw(st.integers(0, 9)) :]
        else:
            around[path[-1]] = draw(json_values)
    return found


def planned(template: Any) -> Plan:
    return plan_of(template, {"p": "given"}, budget=Budget(ENOUGH))


def test_the_template_itself_is_understood() -> None:
    found = planned(BASE)
    assert (list(found.findings), list(found.not_understood)) == ([], [])
    assert len(found.steps) == 17


@settings(max_examples=300, deadline=None)
@given(mutants())
def test_no_mutant_ends_in_a_traceback(template: Any) -> None:
    found = planned(template)
    assert {each.key for each in found.steps}.isdisjoint(found.left_out)
    for each in found.edges:
        assert found.must_precede(found.step(each.first), found.step(each.then))


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_no_json_ends_in_a_traceback(template: Any) -> None:
    planned(template)
    planned({"resources": {"a": template}, "outputs": template})


def around(levels: int) -> Any:
    resource: Any = {"type": "A.B/c", "name": "c"}
    for number in range(levels):
        resource = {
            "type": "Microsoft.Resources/deployments",
            "name": f"d{number}",
            "properties": {"template": {"resources": [resource]}},
        }
    return {"resources": [resource]}


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": [value]}
    return {"resources": [{"type": "A.B/c", "name": "c", "properties": value}]}


HEAVY = {
    "deployments in deployments": around(200),
    "a body of many levels": deep(300),
    "loops in loops": {
        "resources": [],
        "outputs": {
            "a": {
                "value": "[map(range(0, 9999), lambda('x', map(range(0, 9999),"
                " lambda('y', add(lambdaVariables('x'), lambdaVariables('y'))))))]"
            }
        },
    },
    "too many resources": {
        "resources": [
            {"type": "A.B/c", "name": f"c{number}", "copy": {"name": "l", "count": 800}}
            for number in range(6)
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("template", HEAVY.values(), ids=HEAVY)
def test_what_is_too_much_says_what_it_is(template: Any) -> None:
    found = planned(template)
    assert any(
        each.startswith(("cannot go on: ", "cannot look into ")) for each in found.not_understood
    )
