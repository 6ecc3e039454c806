"""The table of figures, as text and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bench.figures import Figure, Goal, Of, Samples
from bench.machine import Machine

# Each heading with its least width: lines are printed one by one, and stand below each other.
_COLUMNS = (
    ("what", 48),
    ("ours", 9),
    ("min - max", 13),
    ("baseline", 9),
    ("min - max", 13),
    ("ratio", 5),
    ("bound", 9),
    ("ratio", 5),
    ("goal", 22),
    ("", 1),
    ("runs", 9),
)
_MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("", "")}


def heading() -> Table:
    """Return the heading of the table."""
    return _row([Text(name, style="bold") for name, _ in _COLUMNS])


def line(figure: Figure) -> Table:
    """Return one line of the table."""
    return _row(_cells(figure))


def notes(figures: Sequence[Figure]) -> Group:
    """Return the notes below the table, and the figures that miss their goals."""
    said = [(each, each.failure or each.note) for each in figures]
    found = dict.fromkeys(f"{each.what}: {why}" for each, why in said if why)
    lines = [Text(note, style="dim") for note in found]
    if missed := [each.what for each in figures if each.reached is False]:
        lines.append(Text(f"Goals not reached: {'; '.join(missed)}."))
    return Group(*lines)


def as_json(machine: Machine, figures: Sequence[Figure]) -> dict[str, Any]:
    """Return all figures, with the value of each run."""
    return {"machine": asdict(machine), "figures": [_figure(each) for each in figures]}


def shown(value: float) -> str:
    """Return a number with a readable precision."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def with_unit(samples: Samples | None, unit: str) -> str:
    """Return the median with its unit; empty without samples."""
    return f"{shown(samples.median)} {unit}" if samples else ""


def range_shown(samples: Samples | None) -> str:
    """Return the least and the most of several runs; empty for one."""
    if samples is None or len(samples.values) == 1:
        return ""
    return f"{shown(samples.least)} - {shown(samples.most)}"


def ratio_shown(value: float | None) -> str:
    """Return a ratio with two digits; empty without one."""
    return "" if value is None else f"{value:.2f}"


def in_words(goal: Goal, unit: str) -> str:
    """Return a goal as text: `ratio >= 0.7`, `<= 2 s`."""
    sign = "≥" if goal.at_least else "≤"
    if goal.of is Of.RATIO:
        return f"ratio {sign} {goal.bound:g}"
    return f"{sign} {goal.bound:g} {unit}"


def _row(cells: Sequence[str | Text]) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    for name, width in _COLUMNS:
        left = name in {"what", "goal", ""}
        made.add_column(justify="left" if left else "right", no_wrap=True, min_width=width)
    made.add_row(*cells)
    return made


def _cells(figure: Figure) -> Sequence[str | Text]:
    if figure.failure:
        return (figure.what, Text("failed", "bold red"))
    if figure.ours is None:
        return (figure.what, "left out")
    mark, style = _MARKS[figure.reached]
    return (
        figure.what,
        with_unit(figure.ours, figure.unit),
        range_shown(figure.ours),
        with_unit(figure.baseline, figure.unit),
        range_shown(figure.baseline),
        ratio_shown(figure.ratio),
        with_unit(figure.bound, figure.unit),
        ratio_shown(figure.ratio_of_bound),
        ", ".join(in_words(goal, figure.unit) for goal in figure.goals),
        Text(mark, style),
        _how_often(figure.ours, figure.times),
    )


def _how_often(samples: Samples, times: int) -> str:
    return f"{len(samples.values)}" + (f" x {times:,}" if times > 1 else "")


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "what": figure.what,
        "unit": figure.unit,
        "times": figure.times,
        "ours": _samples(figure.ours),
        "baseline": _samples(figure.baseline),
        "ratio": figure.ratio,
        "bound": _samples(figure.bound),
        "ratio_of_bound": figure.ratio_of_bound,
        "goals": [asdict(goal) for goal in figure.goals],
        "reached": figure.reached,
        "note": figure.note,
        "failure": figure.failure,
    }


def _samples(samples: Samples | None) -> dict[str, Any] | None:
    if samples is None:
        return None
    return {
        "median": samples.median,
        "least": samples.least,
        "most": samples.most,
        "values": list(samples.values),
    }
