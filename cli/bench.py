"""`keyless bench`: how fast, in one table, on this machine."""

import signal
import sys
from collections.abc import Iterable
from contextlib import ExitStack
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
from cli.sample import needs_the_sample
from cli.terminal import USAGE, Terminal, err, fail, one_sentence, out, print_json

_RUNS = 7
# A figure is one line, also where nobody told how wide the terminal is.
_WIDTH = 150


def bench(
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help=f"One of {', '.join(MEASURES)}; may be repeated."),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="How often each is run.")] = _RUNS,
    quick: Annotated[
        bool, typer.Option("--quick", help="One run, a tenth of the work: proves no figure.")
    ] = False,
) -> None:
    """Measure it: starts, blobs, messages, secrets, decisions, the gallery, memory."""
    if unknown := [each for each in only or () if each not in MEASURES]:
        fail(f"no figure is called {unknown[0]!r}; there are {', '.join(MEASURES)}.", USAGE)
    needs_the_sample("bench")
    # A kill ends what was started, too, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    give_way()
    machine = this_machine()
    with ExitStack() as stack:
        with one_sentence(BenchError, OSError):
            stack.enter_context(alone())
        err.print(f"[dim]{machine}[/]")
        plan = Plan(1 if quick else runs, quick, lambda what: err.print(f"[dim]  {what}[/]"))
        figures = measure(only or list(MEASURES), plan)
        taken = list(figures) if json_ else _printed(figures, machine)
        if json_:
            print_json(as_json(machine, taken))
    if failed := [each.what for each in taken if each.failure]:
        fail(f"could not be measured: {', '.join(failed)}.", status=1)


def _printed(figures: Iterable[Figure], machine: Machine) -> list[Figure]:
    """Each line as it is measured, so that whatever comes then loses none."""
    wide = Terminal(highlight=False, width=max(out.width, _WIDTH))
    wide.print(heading())
    taken = []
    for figure in figures:
        wide.print(line(figure))
        taken.append(figure)
    wide.print(notes(taken))
    wide.print(f"\n{machine}", markup=False)
    return taken
