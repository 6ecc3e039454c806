"""The number and the order of measurements."""

from functools import partial

from bench import Plan
from bench.plan import rate


def plan(runs: int, told: list[str], *, quick: bool = False) -> Plan:
    return Plan(runs, quick, told.append)


def test_ours_and_the_baseline_take_turns_and_each_begins_as_often() -> None:
    order: list[str] = []

    def once(name: str, value: float) -> float:
        order.append(name)
        return value

    told: list[str] = []
    found = plan(4, told).interleave("it", lambda: once("ours", 1), lambda: once("other", 2))
    assert told == ["it"]
    assert found[0].values == (1,) * 4
    assert found[1].values == (2,) * 4
    assert order == ["other", "ours", "ours", "other"] * 2


def test_a_bound_takes_its_turn_too() -> None:
    order: list[int] = []

    def once(number: int) -> float:
        order.append(number)
        return number

    found = plan(2, []).interleave("it", *(partial(once, number) for number in (1, 2, 3)))
    assert [each.values for each in found] == [(1, 1), (2, 2), (3, 3)]
    assert order == [3, 2, 1, 1, 2, 3]


def test_a_quick_plan_does_a_tenth_and_at_least_one() -> None:
    assert plan(1, [], quick=True).times(200) == 20
    assert plan(1, [], quick=True).times(3) == 1
    assert plan(1, []).times(200) == 200


def test_what_takes_long_is_run_less_often_never_more() -> None:
    assert plan(7, []).fewer(3).runs == 3
    assert plan(2, []).fewer(3).runs == 2


def test_a_rate_is_operations_a_second() -> None:
    assert rate(200, 4) == 50
