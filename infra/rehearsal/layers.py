"""Places the nodes of a graph in columns, so that its edges run from left to right.

https://en.wikipedia.org/wiki/Layered_graph_drawing
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_ROUNDS = 12

Edge = tuple[str, str]


@dataclass(frozen=True)
class Layers:
    """The columns, each from top to bottom, and the way of each edge through them.

    Where an edge passes a column, a point of its own holds a place for it there.
    """

    columns: Sequence[Sequence[str]]
    ways: Mapping[Edge, Sequence[str]]


def layered(least: Mapping[str, int], edges: Sequence[Edge]) -> Layers:
    """Lay out an acyclic graph, each node in the column of `least` or to the right of it."""
    level = _levels(least, edges)
    columns: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node, number in level.items():
        columns[number].append(node)
    ways: dict[Edge, list[str]] = {}
    for first, then in edges:
        between = range(level[first] + 1, level[then])
        points = [f"{first} to {then}, {number}" for number in between]
        for number, point in zip(between, points, strict=True):
            columns[number].append(point)
        ways[first, then] = [first, *points, then]
    _untangle(columns, ways)
    return Layers(columns, ways)


def _levels(least: Mapping[str, int], edges: Sequence[Edge]) -> Mapping[str, int]:
    level = dict(least)
    for _ in level:
        for first, then in edges:
            level[then] = max(level[then], level[first] + 1)
    return level


def _untangle(columns: list[list[str]], ways: Mapping[Edge, Sequence[str]]) -> None:
    beside: dict[str, list[str]] = {each: [] for column in columns for each in column}
    for way in ways.values():
        for one, other in pairwise(way):
            beside[one].append(other)
            beside[other].append(one)
    for _ in range(_ROUNDS):
        for column in (*columns, *reversed(columns)):
            places = _places(columns)
            middles = {each: _middle(each, beside[each], places) for each in column}
            column.sort(key=middles.__getitem__)


def _places(columns: Sequence[Sequence[str]]) -> Mapping[str, float]:
    return {
        each: (row + 0.5) / len(column) for column in columns for row, each in enumerate(column)
    }


def _middle(node: str, beside: Sequence[str], places: Mapping[str, float]) -> float:
    if not beside:
        return places[node]
    return sum(places[each] for each in beside) / len(beside)
