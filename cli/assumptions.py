"""`keyless assumptions`: the behaviour of Azure that this project assumes without proof."""

from collections.abc import Iterator, Mapping, Sequence
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
    "These points have not been verified on Azure. The sandbox follows the assumed\n"
    "answer; each other answer is listed with what it would mean for you.\n"
)
_HOW = f"To choose another answer: {KEYLESS} up --assume NAME=ANSWER"
_CHOSEN = "[yellow]←[/] marks the answers that the running sandbox was started with."


def assumptions(
    word: Annotated[
        str, typer.Argument(help="Only the questions with this word in their name or text.")
    ] = "",
    *,
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="Compare with the answers in a file of ./keyless report."),
    ] = None,
) -> None:
    """List the unverified assumptions about Azure, and the consequence if one is wrong."""
    asked = _with(word)
    reported = _read(from_) if from_ else None
    report = running(open_state(state))
    chosen = report.assumed if report else {}
    if json_:
        print_json([_as_json(each, chosen, reported) for each in asked])
        return
    if from_ and reported is not None:
        out.print("\n".join(_compared(from_, reported, asked)), markup=False)
        return
    out.print(_WHAT)
    for each in asked:
        out.print(_in_lines(each, chosen.get(each.name)))
    out.print(_HOW)
    if chosen:
        out.print(_CHOSEN)


def _with(word: str) -> Sequence[Question]:
    """Return the questions with `word`; fail if there is none."""
    texts = ((each, f"{each.name} {each.asks}".lower()) for each in QUESTIONS)
    found = [question for question, text in texts if word.lower() in text]
    if not found:
        names = ", ".join(each.name for each in QUESTIONS)
        fail(f"no assumption has {word!r} in its name or question; their names are {names}.", USAGE)
    return found


def _read(file: Path) -> Mapping[str, str]:
    try:
        return read(file)
    except ReportError as error:
        fail(f"{error}.", USAGE)


def _as_json(
    question: Question, chosen: Mapping[str, str], reported: Mapping[str, str] | None
) -> dict[str, object]:
    name, assumed = question.name, question.answers[0]
    found = {**asdict(question), "assumed": assumed, "told": chosen.get(name)}
    return found if reported is None else {**found, "reported": reported.get(name)}


def _compared(file: Path, reported: Mapping[str, str], asked: Sequence[Question]) -> Iterator[str]:
    """Yield a line for each question `asked`, and the consequence of each answer that differs."""
    otherwise = assume(f"{name}={answer}" for name, answer in reported.items()).otherwise
    yield (
        f"{file} answers {len(reported)} of {len(QUESTIONS)} questions,"
        f" {len(otherwise)} of them differently than assumed."
    )
    for each in asked:
        answer, assumed = reported.get(each.name), each.answers[0]
        if answer is None:
            yield f"· {each.name}  not answered; assumed: {assumed}"
        elif answer == assumed:
            yield f"✓ {each.name}  {answer}"
        else:
            yield f"✗ {each.name}  {answer}; assumed: {assumed}"
            yield f"    {each.otherwise}"
    yield f"To run the sandbox with these answers: {KEYLESS} up --assume-from {file}"


def _in_lines(question: Question, chosen: str | None) -> Table:
    """Return the name, the question, and a line for each answer: columns would be too narrow."""
    lines = Table.grid()
    lines.add_row(Text(question.name, "cyan"))
    lines.add_row(Padding(question.asks, (0, 0, 0, 2)))
    lines.add_row(Padding(_answers(question, chosen), (0, 0, 1, 2)))
    return lines


def _answers(question: Question, chosen: str | None) -> Table:
    """Return each answer with its consequence, which all answers but the assumed one share."""
    assumed, other, *more = question.answers
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_row(_answer(assumed, "bold", chosen), Text("assumed", "dim"))
    table.add_row(_answer(other, "", chosen), question.otherwise)
    for each in more:
        table.add_row(_answer(each, "", chosen), Text("same consequence", "dim"))
    return table


def _answer(answer: str, style: str, chosen: str | None) -> Text:
    return Text.assemble((answer, style), (" ←" if answer == chosen else "", "yellow"))
