"""`keyless assumptions`: what of Azure nobody here has seen, and what is taken for so."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from sandbox.assumptions import QUESTIONS, Question
from sandbox.cli.options import StateOption, open_state
from sandbox.cli.terminal import out
from sandbox.supervisor import running

_HOW = "\nThe first answer is assumed; ./keyless up --assume NAME=ANSWER takes another."
_TOLD = "[yellow]←[/] is what the sandbox that runs was told."


def assumptions(
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """What of Azure nobody here has seen, what is assumed, and what follows if it is otherwise."""
    report = running(open_state(state))
    told = report.assumed if report else {}
    if json_:
        out.print_json(data=[_as_json(each, told) for each in QUESTIONS])
        return
    out.print(_table(told))
    out.print(_HOW)
    if told:
        out.print(_TOLD)


def _as_json(question: Question, told: Mapping[str, str]) -> dict[str, object]:
    assumed = question.answers[0]
    return {**asdict(question), "assumed": assumed, "told": told.get(question.name)}


def _table(told: Mapping[str, str]) -> Table:
    """Answers stand below the name, what follows below what is asked: so it fits a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    table.add_column("question\nanswers", no_wrap=True)
    table.add_column("what is asked\nwhat follows if Azure does otherwise", ratio=1)
    for each in QUESTIONS:
        asked = Text.assemble(each.asks, "\n", (each.otherwise, "dim"))
        table.add_row(_answers(each, told.get(each.name)), asked)
    return table


def _answers(question: Question, told: str | None) -> Text:
    """The name and a line for each answer; the one that is assumed is bold."""
    lines = Text(question.name, "cyan")
    for each in question.answers:
        lines.append(f"\n  {each}", "bold" if each == question.answers[0] else "not bold")
        lines.append(" ←" if each == told else "", "yellow")
    return lines
