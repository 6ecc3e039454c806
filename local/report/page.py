"""The report as Markdown: tables for people, and a block of answers for `--from`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from local.report import tables
from local.report.answer_block import FENCE, FORMAT
from local.report.model import Answered, Neither, Outcome, Part, Report, Unseen
from local.report.open_questions import question

T = TypeVar("T")

_INTRO = """\
# What Azure answered to Keyless

Written by `./keyless report`. It contains answers, codes, states, seconds, and words of Keyless and
of Azure's documentation. It contains no name, id or address of the environment, of its owner or of
their tenant, and no secret: `…` replaces everything else in Azure's texts. Read it before you
publish it.
"""


def rendered(report: Report) -> str:
    """Return the whole page."""
    parts = (
        _INTRO,
        _made_with(report),
        _answers(report.outcomes),
        _section("Deployments", report.deployments, tables.deployments),
        _section("Revisions", report.revisions, tables.revisions),
        _section("Roles", report.roles, tables.roles),
        _section("Scaler", report.scalers, tables.scalers),
        _section("Rules", report.rules, tables.rules),
    )
    return "\n".join(parts)


def summary(report: Report) -> str:
    """Return a one-sentence summary."""
    found = report.outcomes
    answered = [each for each in found if isinstance(each, Answered)]
    as_assumed = sum(each.answer == question(each.question).answers[0] for each in answered)
    neither = sum(isinstance(each, Neither) for each in found)
    other = len(answered) - as_assumed
    unasked = len(found) - len(answered) - neither
    return (
        f"{as_assumed} of {len(found)} questions are answered as assumed, {other} differently, "
        f"{neither} unexpectedly; {unasked} were not asked."
    )


def _made_with(report: Report) -> str:
    rows = (
        ("Keyless", report.keyless),
        ("Azure CLI", report.azure_cli),
        ("azd", report.azd),
        ("asked with the rights of", report.asked_as),
    )
    return tables.table(("", ""), rows)


def _answers(outcomes: Sequence[Outcome]) -> str:
    rows = ((f"`{each.question}`", *_in_words(each)) for each in outcomes)
    lines = "".join(f"{each}\n" for each in _lines(outcomes))
    return (
        "## Answers\n\n"
        + tables.table(("question", "Azure", "assumed", ""), rows)
        + f"\nFor `./keyless assumptions --from` and `./keyless up --assume-from`:\n\n"
        f"```{FENCE}\nformat {FORMAT}\n{lines}```\n"
    )


def _in_words(outcome: Outcome) -> tuple[str, str, str]:
    assumed = question(outcome.question).answers[0]
    if isinstance(outcome, Answered):
        verdict = "as assumed" if outcome.answer == assumed else "**different**"
        return outcome.answer, assumed, verdict
    if isinstance(outcome, Neither):
        return _neither(outcome), assumed, "**neither answer**"
    return "", assumed, f"not asked: {outcome.why}"


def _lines(outcomes: Iterable[Outcome]) -> Iterator[str]:
    for each in outcomes:
        if isinstance(each, Answered):
            yield f"{each.question}={each.answer}"
        elif isinstance(each, Neither):
            yield f"# {each.question}: {_neither(each)}"


def _neither(outcome: Neither) -> str:
    return f"{outcome.status or ''} {outcome.code}".strip() or "no status and no code"


def _section(title: str, part: Part[T], render: Callable[[Sequence[T]], str]) -> str:
    if isinstance(part, Unseen):
        return f"## {title}\n\nAzure did not show this: {part.why}.\n"
    return f"## {title}\n\n" + (render(part) if part else "None.\n")
