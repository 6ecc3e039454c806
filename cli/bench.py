"""`keyless bench`: measurements of this machine, in one table."""

import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from bench import (
    MEASURES,
    BenchError,
    Figure,
    Machine,
    Plan,
    alone,
    as_json,
    give_way,
    heading,
    line,
    measure,
    notes,
    this_machine,
)
from bench import page as documentation
from cli.sample import needs_the_sample
from cli.terminal import USAGE, Terminal, err, fail, one_sentence, out, print_json

_RUNS = 7
# A figure stays on one line, even where the width of the terminal is unknown.
_WIDTH = 170


def bench(
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help=f"Measure only one of {', '.join(MEASURES)}; repeatable."),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Runs of each figure.")] = _RUNS,
    quick: Annotated[
        bool, typer.Option("--quick", help="One run, a tenth of the work: not a measurement.")
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="Also write the figures into the table of this page."),
    ] = None,
) -> None:
    """Measure starts, blobs, messages, secrets, decisions, the gallery, and memory."""
    _check(only or (), quick, page)
    needs_the_sample("bench")
    # SIGTERM ends the started processes, too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    give_way()
    machine = this_machine()
    with ExitStack() as stack:
        with one_sentence(BenchError, OSError):
            if page:
                documentation.check(page)
            stack.enter_context(alone())
        err.print(f"[dim]{machine}[/]")
        plan = Plan(1 if quick else runs, quick, lambda what: err.print(f"[dim]  {what}[/]"))
        figures = measure(only or list(MEASURES), plan)
        if page:
            figures = _written(figures, machine, page)
        taken = list(figures) if json_ else _printed(figures, machine)
        if json_:
            print_json(as_json(machine, taken))
    if failed := [each.what for each in taken if each.failure]:
        fail(f"could not measure {', '.join(failed)}.", status=1)


def _check(only: Iterable[str], quick: bool, page: Path | None) -> None:
    if unknown := [each for each in only if each not in MEASURES]:
        fail(f"unknown figure {unknown[0]!r}; choose from {', '.join(MEASURES)}.", USAGE)
    if page and not page.is_file():
        fail(f"--page is not a file: {page}.", USAGE)
    if page and quick:
        fail("--page takes figures, and --quick measures none; leave one of them out.", USAGE)


def _written(figures: Iterable[Figure], machine: Machine, page: Path) -> Iterator[Figure]:
    """Write each figure into the page as it is measured, so that Ctrl-C loses none."""
    for figure in figures:
        with one_sentence(BenchError, OSError):
            documentation.write(page, machine, [figure])
        yield figure


def _printed(figures: Iterable[Figure], machine: Machine) -> list[Figure]:
    """Print each line as it is measured, so that a later failure loses none."""
    wide = Terminal(highlight=False, width=max(out.width, _WIDTH))
    wide.print(heading())
    taken = []
    for figure in figures:
        wide.print(line(figure))
        taken.append(figure)
    wide.print(notes(taken))
    wide.print(f"\n{machine}", markup=False)
    return taken
