"""`keyless assumptions`: what of Azure nobody here has seen, and what is taken for so."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.options import StateOption, open_state
from cli.terminal import USAGE, fail, out, print_json
from local.report.answer_block import ReportError, read
from sandbox.assumptions import QUESTIONS, Question, assume
from sandbox.commands import KEYLESS
from sandbox.supervisor import running

_WHAT = (
    "Nobody here has seen Azure do these. The sandbox does what is assumed; beside\n"
    "another answer stands what follows for you if it is Azure's.\n"
)
_HOW = f"Take another answer: {KEYLESS} up --assume NAME=ANSWER"
_TOLD = "[yellow]←[/] is what the sandbox that runs was told."


def assumptions(
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="A file of ./keyless report: which of them does it confirm?"),
    ] = None,
) -> None:
    """What of Azure nobody here has seen, what is assumed, and what follows if it is otherwise."""
    reported = _read(from_) if from_ else None
    report = running(open_state(state))
    told = report.assumed if report else {}
    if json_:
        print_json([_as_json(each, told, reported) for each in QUESTIONS])
        return
    if from_ and reported is not None:
        out.print("\n".join(_compared(from_, reported)), markup=False)
        return
    out.print(_WHAT)
    for each in QUESTIONS:
        out.print(_in_lines(each, told.get(each.name)))
    out.print(_HOW)
    if told:
        out.print(_TOLD)


def _read(file: Path) -> Mapping[str, str]:
    try:
        return read(file)
    except ReportError as error:
        fail(f"{error}.", USAGE)


def _as_json(
    question: Question, told: Mapping[str, str], reported: Mapping[str, str] | None
) -> dict[str, object]:
    name, assumed = question.name, question.answers[0]
    found = {**asdict(question), "assumed": assumed, "told": told.get(name)}
    return found if reported is None else {**found, "reported": reported.get(name)}


def _compared(file: Path, reported: Mapping[str, str]) -> Iterator[str]:
    """A line for each question, and below what Azure does otherwise what follows from that."""
    otherwise = assume(f"{name}={answer}" for name, answer in reported.items()).otherwise
    yield (
        f"{file} answers {len(reported)} of {len(QUESTIONS)} questions,"
        f" {len(otherwise)} otherwise than assumed."
    )
    for each in QUESTIONS:
        answer, assumed = reported.get(each.name), each.answers[0]
        if answer is None:
            yield f"· {each.name}  not answered; assumed: {assumed}"
        elif answer == assumed:
            yield f"✓ {each.name}  {answer}"
        else:
            yield f"✗ {each.name}  {answer}; assumed: {assumed}"
            yield f"    {each.otherwise}"
    yield f"A sandbox that does the same: {KEYLESS} up --assume-from {file}"


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
