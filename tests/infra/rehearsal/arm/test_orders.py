"""No order that Resource Manager may take is missed, and none is made up.

A random template is taken in two ways: by the rehearsal, and by a small Resource Manager that
begins whatever may begin, in every way there is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import Plan

CONDITIONS = ("", "", "false", "first", "second")


@dataclass(frozen=True)
class Made:
    """A resource of a made-up template: a loop if it has turns, or a deployment."""

    name: str
    waits_for: tuple[str, ...] = ()
    by_reference: bool = False
    condition: str = ""
    turns: int = 0
    serial: bool = False
    inner: tuple["Made", ...] = ()


@dataclass(frozen=True)
class Node:
    """One step as the small Resource Manager knows it."""

    key: str
    waits_for: frozenset[str]
    inside: str
    condition: str


def waiting(earlier: Sequence[str]) -> st.SearchStrategy[Sequence[str]]:
    """The dependencies of a resource, mostly at least one."""
    nothing: st.SearchStrategy[Sequence[str]] = st.just(())
    if not earlier:
        return nothing
    some = st.lists(st.sampled_from(earlier), unique=True, min_size=1, max_size=2)
    return st.one_of(some, some, nothing)


@st.composite
def resources(draw: st.DrawFn, most: int = 4, depth: int = 2) -> tuple[Made, ...]:
    """The resources of a template, each of which waits for earlier ones."""
    found: list[Made] = []
    for number in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["plain", "plain", "loop", "deployment"]))
        earlier = [each.name for each in found]
        waits = draw(waiting(earlier))
        inner = draw(resources(2, depth - 1)) if kind == "deployment" and depth else ()
        found.append(
            Made(
                name=f"r{number}",
                waits_for=tuple(waits),
                by_reference=draw(st.booleans()),
                condition=draw(st.sampled_from(CONDITIONS)),
                turns=2 if kind == "loop" else 0,
                serial=draw(st.booleans()),
                inner=inner,
            )
        )
    return tuple(found)


def written(made: Sequence[Made]) -> dict[str, Any]:
    """The template, as the Bicep CLI writes one."""
    loops = {each.name for each in made if each.turns}
    return {
        "languageVersion": "2.0",
        "parameters": {"first": {"type": "bool"}, "second": {"type": "bool"}},
        "resources": {each.name: one_written(each, loops) for each in made},
    }


def one_written(made: Made, loops: set[str]) -> dict[str, Any]:
    name = f"{made.name}[copyIndex()]" if made.turns else made.name
    found: dict[str, Any] = {"type": "Some.Provider/things", "name": name, "properties": {}}
    if made.turns:
        mode = {"mode": "serial", "batchSize": 1} if made.serial else {}
        found["copy"] = {"name": made.name, "count": made.turns, **mode}
        found["name"] = f"[format('{made.name}-{{0}}', copyIndex())]"
    if made.condition:
        given = f"parameters('{made.condition}')" if made.condition != "false" else "false()"
        found["condition"] = f"[{given}]"
    # A loop as a whole is waited for by dependsOn alone.
    read = [each for each in made.waits_for if made.by_reference and each not in loops]
    found["dependsOn"] = [each for each in made.waits_for if each not in read]
    found["properties"] = {each: f"[reference('{each}').id]" for each in read}
    if made.inner:
        found["type"] = "Microsoft.Resources/deployments"
        passed = {each: {"value": f"[parameters('{each}')]"} for each in ("first", "second")}
        found["properties"] |= {
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": passed,
            "template": written(made.inner),
        }
    return found


def nodes(made: Sequence[Made], inside: str = "") -> Iterator[Node]:
    """The same resources for the small Resource Manager."""
    keys = {each.name: list(turns_of(each, inside)) for each in made if each.condition != "false"}
    for each in made:
        waits = {key for name in each.waits_for for key in keys.get(name, ())}
        before: set[str] = set()
        for key in keys.get(each.name, ()):
            yield Node(key, frozenset(waits | before), inside, each.condition)
            before = {key} if each.serial and each.turns else set()
            yield from nodes(each.inner, key)


def turns_of(made: Made, inside: str) -> Iterator[str]:
    path = f"{inside}/{made.name}" if inside else made.name
    yield from [f"{path}[{turn}]" for turn in range(made.turns)] if made.turns else [path]


@dataclass(frozen=True)
class State:
    """The started and the ended steps."""

    begun: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()


def moves(state: State, there: Mapping[str, Node]) -> Iterator[tuple[str, bool, State]]:
    """Every step that may begin or end now, and the state after it."""
    for key, node in there.items():
        ready = (node.waits_for & there.keys()) <= state.ended
        if key not in state.begun and ready and (not node.inside or node.inside in state.begun):
            yield key, True, State(state.begun | {key}, state.ended)
        within = {each.key for each in there.values() if each.inside == key}
        if key in state.begun - state.ended and within <= state.ended:
            yield key, False, State(state.begun, state.ended | {key})


def states(there: Mapping[str, Node]) -> set[State]:
    """Every state that the deployment may be in."""
    found = {State()}
    waiting = [State()]
    while waiting:
        new = {after for _, _, after in moves(waiting.pop(), there)} - found
        found |= new
        waiting += new
    return found


def worlds(all_nodes: Sequence[Node]) -> Iterator[Mapping[str, Node]]:
    """The present steps, for each outcome of the unknown conditions."""
    for first, second in product((True, False), repeat=2):
        holds = {"": True, "first": first, "second": second}
        there: dict[str, Node] = {}
        for each in all_nodes:
            if holds[each.condition] and (not each.inside or each.inside in there):
                there[each.key] = each
        yield there


def facts(all_nodes: Sequence[Node]) -> Mapping[tuple[str, str], tuple[bool, bool, bool]]:
    """For each two steps: whether the one must, may precede the other; whether both may run."""
    found: dict[tuple[str, str], tuple[bool, bool, bool]] = {}
    for there in worlds(all_nodes):
        reached = states(there)
        ended_before: dict[str, list[frozenset[str]]] = {key: [] for key in there}
        for state in reached:
            for key, begun, _ in moves(state, there):
                if begun:
                    ended_before[key].append(state.ended)
        under_way = {state.begun - state.ended for state in reached}
        for one, other in permutations(there, 2):
            must = all(one in each for each in ended_before[other])
            may = any(one in each for each in ended_before[other])
            together = any({one, other} <= each for each in under_way)
            before = found.get((one, other), (True, False, False))
            found[one, other] = (before[0] and must, before[1] or may, before[2] or together)
    return found


def planned(made: Sequence[Made]) -> Plan:
    plan = plan_of(written(made))
    asked = {f"the parameter {name!r} is given no value: the deployer is asked"
             for name in ("first", "second")}  # fmt: skip
    assert set(plan.not_understood) <= asked
    assert not plan.findings
    return plan


@settings(max_examples=150, deadline=None)
@given(resources())
def test_the_plan_knows_what_must_and_what_may_come_first(made: tuple[Made, ...]) -> None:
    plan, all_nodes = planned(made), list(nodes(made))
    assert {each.key for each in plan.steps} == {each.key for each in all_nodes}
    for (one, other), expected in facts(all_nodes).items():
        first, then = plan.step(one), plan.step(other)
        told = (
            plan.must_precede(first, then),
            plan.may_precede(first, then),
            plan.may_run_together(first, then),
        )
        assert told == expected, (one, other)


def runs(
    there: Mapping[str, Node], state: State = State()
) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Every row of beginnings and ends that Resource Manager may take."""
    if state.ended == there.keys():
        yield ()
    for key, begun, after in moves(state, there):
        for rest in runs(there, after):
            yield ((key, begun), *rest)


def allowed(plan: Plan) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Every row of beginnings and ends that the plan's facts leave."""
    keys = [each.key for each in plan.steps]
    events = [(key, begun) for key in keys for begun in (True, False)]
    first = [((key, True), (key, False)) for key in keys]
    first += [((outer, True), (key, True)) for key, outer in plan.inside.items()]
    first += [((key, False), (outer, False)) for key, outer in plan.inside.items()]
    for one, other in permutations(plan.steps, 2):
        if plan.must_precede(one, other):
            first.append(((one.key, False), (other.key, True)))
    for row in permutations(events):
        place = {each: number for number, each in enumerate(row)}
        if all(place[one] < place[other] for one, other in first):
            yield row


def plain(made: Made) -> Made:
    return Made(made.name, made.waits_for, made.by_reference, inner=tuple(map(plain, made.inner)))


@settings(max_examples=25, deadline=None)
@given(resources(3, 1).map(lambda made: tuple(map(plain, made))))
def test_the_rows_that_the_plan_allows_are_those_that_may_be_taken(made: tuple[Made, ...]) -> None:
    plan, all_nodes = planned(made), list(nodes(made))
    if len(all_nodes) > 4:
        return
    assert set(allowed(plan)) == set(runs({each.key: each for each in all_nodes}))
