"""`keyless assumptions`: what of Azure nobody here has seen, and what is taken for so."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sandbox.assumptions import QUESTIONS, Question
from sandbox.cli.options import StateOption, open_state
from sandbox.cli.terminal import out
from sandbox.supervisor import running

_WHAT = (
    "Nobody here has seen Azure do these. The sandbox does what is assumed; beside\n"
    "another answer stands what follows for you if it is Azure's.\n"
)
_HOW = "Take another answer: ./keyless up --assume NAME=ANSWER"
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
    out.print(_WHAT)
    for each in QUESTIONS:
        out.print(_in_lines(each, told.get(each.name)))
    out.print(_HOW)
    if told:
        out.print(_TOLD)


def _as_json(question: Question, told: Mapping[str, str]) -> dict[str, object]:
    assumed = question.answers[0]
    return {**asdict(question), "assumed": assumed, "told": told.get(question.name)}


def _in_lines(question: Question, told: str | None) -> Table:
    """The name, what is asked, and a line for each answer: a column of each would be too narrow."""
    lines = Table.grid()
    lines.add_row(Text(question.name, "cyan"))
    lines.add_row(Padding(question.asks, (0, 0, 0, 2)))
    lines.add_row(Padding(_answers(question, told), (0, 0, 1, 2)))
    return lines


def _answers(question: Question, told: str | None) -> Table:
    """Each answer with what follows from it, which is the same for all that are not assumed."""
    assumed, other, *more = question.answers
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_row(_answer(assumed, "bold", told), Text("assumed", "dim"))
    table.add_row(_answer(other, "", told), question.otherwise)
    for each in more:
        table.add_row(_answer(each, "", told), Text("the same", "dim"))
    return table


def _answer(answer: str, style: str, told: str | None) -> Text:
    return Text.assemble((answer, style), (" ←" if answer == told else "", "yellow"))
