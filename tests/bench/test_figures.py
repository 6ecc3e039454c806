"""Figures: medians, ratios, and goals."""

from dataclasses import replace

import pytest

from bench import Figure, Goal, Samples
from bench.figures import Of, at_least, at_most, ratio_at_least, ratio_at_most


def figure(ours: list[float], *goals: Goal, baseline: list[float] | None = None) -> Figure:
    other = Samples.of(baseline) if baseline else None
    return Figure("a figure", "/s", Samples.of(ours), other, goals)


def test_samples_tell_their_median_and_their_ends() -> None:
    samples = Samples.of([5, 1, 3, 100])
    assert (samples.median, samples.least, samples.most) == (4, 1, 100)


def test_there_is_no_figure_without_a_run() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        Samples.of([])


def test_a_ratio_is_of_medians() -> None:
    assert figure([6, 7, 8], baseline=[10, 10, 1000]).ratio == 0.7


def test_there_is_no_ratio_without_a_baseline() -> None:
    assert figure([6, 7, 8]).ratio is None
    assert figure([1], baseline=[0]).ratio is None


@pytest.mark.parametrize(("ours", "reached"), [(0.71, True), (0.7, True), (0.69, False)])
def test_a_bound_may_be_reached(ours: float, reached: bool) -> None:
    assert figure([ours], ratio_at_least(0.7), baseline=[1]).reached is reached


@pytest.mark.parametrize(("ours", "reached"), [(1.9, True), (2.0, True), (2.1, False)])
def test_a_bound_may_not_be_passed(ours: float, reached: bool) -> None:
    assert figure([ours], at_most(2)).reached is reached


@pytest.mark.parametrize(("ours", "reached"), [(11.9, False), (12.0, True), (12.1, True)])
def test_a_rate_has_a_goal_that_it_may_exceed(ours: float, reached: bool) -> None:
    assert figure([ours], at_least(12)).reached is reached


def test_a_bound_tells_the_best_ratio_to_hope_for_and_reaches_no_goal() -> None:
    found = replace(figure([6], ratio_at_least(0.8), baseline=[10]), bound=Samples.of([9]))
    assert (found.ratio, found.ratio_of_bound, found.reached) == (0.6, 0.9, False)
    assert figure([6], baseline=[10]).ratio_of_bound is None


def test_every_goal_has_to_be_reached() -> None:
    goals = at_most(20), ratio_at_most(1.25)
    assert figure([10], *goals, baseline=[9]).reached is True
    assert figure([10], *goals, baseline=[5]).reached is False
    assert figure([30], *goals, baseline=[30]).reached is False


def test_nothing_is_reached_where_nothing_was_measured_or_asked() -> None:
    assert figure([1]).reached is None
    assert Figure("left out", "s", None, goals=(at_most(1),)).reached is None
    assert figure([1], Goal(Of.RATIO, 0.7, at_least=True)).reached is None
