"""The orders in which Resource Manager may take the steps of a plan.

Each step begins and ends. A step begins after the end of each that it waits for. A step within a
nested deployment begins after the deployment does and ends before it, and knows nothing of the
steps beside the deployment. https://learn.microsoft.com/azure/azure-resource-manager/templates/resource-dependency
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Edge:
    """One step waits for another. `because` names the part of the template that makes it wait."""

    first: str
    then: str
    because: str


class CircularOrderError(ValueError):
    """Steps wait for each other; the message names them."""


@dataclass(frozen=True)
class Order:
    """A partial order of steps, by their keys.

    A step whose condition is unknown may be absent, and then nothing waits through it: each step
    counts as ordered by those alone that are there whenever it is.
    Raises CircularOrderError.
    """

    steps: Sequence[str]
    edges: Sequence[Edge]
    # By a step's key, the nested deployment that it is in.
    inside: Mapping[str, str] = field(default_factory=dict)
    # By a step's key, the unknown conditions of the step itself.
    conditions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _numbers: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _next: Sequence[Sequence[int]] = field(init=False, repr=False, compare=False)
    _sorted: Sequence[int] = field(init=False, repr=False, compare=False)
    _needs: Sequence[frozenset[str]] = field(init=False, repr=False, compare=False)
    _reached: dict[frozenset[str], Sequence[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = {key: number for number, key in enumerate(self.steps)}
        object.__setattr__(self, "_numbers", numbers)
        object.__setattr__(self, "_next", self._events(numbers))
        object.__setattr__(self, "_sorted", self._in_a_row())
        object.__setattr__(self, "_needs", [self._needed(key) for key in self.steps])
        object.__setattr__(self, "_reached", {})

    def must_precede(self, first: str, then: str) -> bool:
        """Return whether `first` has ended before `then` begins, in each order there may be."""
        begin, end = self._begin(then), self._end(first)
        needs = self._needs[self._numbers[first]] | self._needs[self._numbers[then]]
        return bool(self._reach(needs)[end] >> begin & 1)

    def may_precede(self, first: str, then: str) -> bool:
        """Return whether there is an order in which `first` has ended before `then` begins."""
        begin, end = self._begin(then), self._end(first)
        needs = self._needs[self._numbers[first]] | self._needs[self._numbers[then]]
        return first != then and not self._reach(needs)[begin] >> end & 1

    def may_run_together(self, one: str, other: str) -> bool:
        """Return whether there is an order in which both are under way at one moment."""
        return not (self.must_precede(one, other) or self.must_precede(other, one))

    def needs(self, step: str) -> frozenset[str]:
        """Return the unknown conditions that must hold for a step to exist."""
        return self._needs[self._numbers[step]]

    def waves(self) -> Sequence[Sequence[str]]:
        """Group the steps: each stands in the first wave after all that it waits for.

        A nested deployment stands with the last of its steps.
        """
        level = [0] * (2 * len(self.steps))
        for event in self._sorted:
            for later in self._next[event]:
                own = event // 2 == later // 2 or (event % 2 == later % 2)
                level[later] = max(level[later], level[event] + (0 if own else 1))
        found: dict[int, list[str]] = {}
        for number, key in enumerate(self.steps):
            found.setdefault(level[2 * number + 1], []).append(key)
        return [found[each] for each in sorted(found)]

    def _begin(self, key: str) -> int:
        return 2 * self._numbers[key]

    def _end(self, key: str) -> int:
        return 2 * self._numbers[key] + 1

    def _events(self, numbers: Mapping[str, int]) -> Sequence[Sequence[int]]:
        following: list[list[int]] = [[] for _ in range(2 * len(self.steps))]
        for number in range(len(self.steps)):
            following[2 * number].append(2 * number + 1)
        for edge in self.edges:
            following[2 * numbers[edge.first] + 1].append(2 * numbers[edge.then])
        for key, around in self.inside.items():
            following[2 * numbers[around]].append(2 * numbers[key])
            following[2 * numbers[key] + 1].append(2 * numbers[around] + 1)
        return following

    def _in_a_row(self) -> Sequence[int]:
        before = [0] * len(self._next)
        for following in self._next:
            for each in following:
                before[each] += 1
        ready = deque(event for event, count in enumerate(before) if not count)
        row = []
        while ready:
            row.append(event := ready.popleft())
            for each in self._next[event]:
                before[each] -= 1
                if not before[each]:
                    ready.append(each)
        if len(row) < len(self._next):
            raise CircularOrderError(self._circle({e for e, count in enumerate(before) if count}))
        return row

    def _circle(self, left: set[int]) -> str:
        # Every event that is left has one before it that is left: going back ends in a circle.
        before = {later: event for event in left for later in self._next[event] if later in left}
        event, seen = min(left), []
        while event not in seen:
            seen.append(event)
            event = before[event]
        circle = dict.fromkeys(
            self.steps[each // 2] for each in reversed(seen[seen.index(event) :])
        )
        return f"these wait for each other: {', '.join(circle)}"

    def _needed(self, key: str) -> frozenset[str]:
        found = self.conditions.get(key, frozenset())
        around = self.inside.get(key)
        return found if around is None else found | self._needed(around)

    def _reach(self, present: frozenset[str]) -> Sequence[int]:
        """By event, the bits of the later ones; steps that `present` does not keep are absent."""
        if present not in self._reached:
            reach = [0] * len(self._next)
            for event in reversed(self._sorted):
                there = (each for each in self._next[event] if self._needs[each // 2] <= present)
                reach[event] = _union(1 << each | reach[each] for each in there)
            self._reached[present] = reach
        return self._reached[present]


def _union(bits: Iterable[int]) -> int:
    found = 0
    for each in bits:
        found |= each
    return found
