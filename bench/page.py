"""The table of figures in a page of the documentation, between two marks.

A run of some measures replaces their rows alone, so that a page can be filled in parts. A measure
that fails leaves its rows as they are.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.machine import Machine
from bench.process import BenchError
from bench.table import in_words, range_shown, ratio_shown, with_unit

BEGIN, END = "<!-- written by bench/page.py -->\n", "<!-- until here -->\n"
_HEAD = (
    "| what | sandbox | range | baseline | ratio | bound | its ratio | goal |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def check(page: Path) -> None:
    """Raise BenchError unless a table can be written into the file, OSError without a file."""
    _parts(page.read_text("utf-8"))


def write(page: Path, machine: Machine, figures: Sequence[Figure]) -> None:
    """Write the table into the file. Raises BenchError without its marks, and OSError."""
    page.write_text(with_figures(page.read_text("utf-8"), machine, figures), "utf-8")


def with_figures(page: str, machine: Machine, figures: Sequence[Figure]) -> str:
    """Return `page` with these figures and the other rows that it had. Raises BenchError."""
    before, table, after = _parts(page)
    rows = _rows(table) | {each.what: _row(each) for each in figures if not each.failure}
    said = f"The newest of these figures are from: {machine}.\n\n"
    return f"{before}{BEGIN}{said}{_HEAD}{''.join(rows.values())}{END}{after}"


def _parts(page: str) -> tuple[str, str, str]:
    before, begun, rest = page.partition(BEGIN)
    table, ended, after = rest.partition(END)
    if not begun or not ended:
        raise BenchError(f"the page lacks the lines {BEGIN.strip()} and {END.strip()}")
    return before, table, after


def _rows(table: str) -> dict[str, str]:
    """Return the rows of a table by their first cell."""
    lines = [each for each in table.splitlines(keepends=True) if each.startswith("| ")]
    return {each.split(" | ")[0].removeprefix("| "): each for each in lines[1:]}


def _row(figure: Figure) -> str:
    cells = [
        figure.what,
        with_unit(figure.ours, figure.unit) or "left out",
        range_shown(figure.ours),
        with_unit(figure.baseline, figure.unit),
        ratio_shown(figure.ratio),
        with_unit(figure.bound, figure.unit),
        ratio_shown(figure.ratio_of_bound),
        _goals(figure),
    ]
    return f"| {' | '.join(cells)} |\n"


def _goals(figure: Figure) -> str:
    said = ", ".join(in_words(goal, figure.unit) for goal in figure.goals)
    return f"**missed**: {said}" if figure.reached is False else said
