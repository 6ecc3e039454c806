"""Figures: samples, their baseline, and their goals."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Samples:
    """One value a run, at least one."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> "Samples":
        """Return samples of the values. Raises ValueError without a value."""
        if not values:
            raise ValueError("a figure needs at least one run")
        return cls(tuple(values))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)


class Of(StrEnum):
    """The value that a goal bounds."""

    RATIO = "ratio"
    MEDIAN = "median"


@dataclass(frozen=True)
class Goal:
    """An inclusive bound on the ratio or on the median."""

    of: Of
    bound: float
    at_least: bool

    def is_reached(self, value: float) -> bool:
        """Return whether `value` is within the bound."""
        return value >= self.bound if self.at_least else value <= self.bound


def ratio_at_least(bound: float) -> Goal:
    """Return a goal for the ratio to the baseline, or more."""
    return Goal(Of.RATIO, bound, at_least=True)


def ratio_at_most(bound: float) -> Goal:
    """Return a goal for the ratio to the baseline, or less."""
    return Goal(Of.RATIO, bound, at_least=False)


def at_most(bound: float) -> Goal:
    """Return a goal for the median, or less."""
    return Goal(Of.MEDIAN, bound, at_least=False)


def at_least(bound: float) -> Goal:
    """Return a goal for the median, or more."""
    return Goal(Of.MEDIAN, bound, at_least=True)


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ours` is None for a skipped figure, and `note` says why.

    It is also None for a failed measure, whose error is `failure`. `times` is the number of
    operations in one run. `bound` is the best that the machine allows: see bench/bound.
    """

    what: str
    unit: str
    ours: Samples | None
    baseline: Samples | None = None
    goals: tuple[Goal, ...] = ()
    note: str = ""
    times: int = 1
    failure: str = ""
    bound: Samples | None = None

    @property
    def ratio(self) -> float | None:
        """The ratio of our median to the baseline's."""
        return _ratio(self.ours, self.baseline)

    @property
    def ratio_of_bound(self) -> float | None:
        """The ratio of the bound's median to the baseline's: the best to hope for."""
        return _ratio(self.bound, self.baseline)

    @property
    def reached(self) -> bool | None:
        """True if every goal is reached; None without goals or values."""
        values = [(goal, self._value(goal)) for goal in self.goals]
        if not values or any(value is None for _, value in values):
            return None
        return all(goal.is_reached(value) for goal, value in values if value is not None)

    def _value(self, goal: Goal) -> float | None:
        if goal.of is Of.RATIO:
            return self.ratio
        return self.ours.median if self.ours else None


def _ratio(one: Samples | None, other: Samples | None) -> float | None:
    if one is None or other is None or not other.median:
        return None
    return one.median / other.median
