"""The table of docs/assumptions.md, from the questions: `python -m tests.access.questions`."""

from local.questions import inside
from sandbox.assumptions import QUESTIONS, Question
from sandbox.state import PROJECT
from tests.generated_section import replace_section

PAGE = PROJECT / "docs" / "assumptions.md"
BEGIN, END = "<!-- written from sandbox/assumptions.py -->\n", "<!-- until here -->\n"
_HEAD = "| question | answers | if Azure does otherwise | asked |\n|---|---|---|---|\n"


def rendered() -> str:
    """A line for each question, in their order."""
    return _HEAD + "".join(map(_line, QUESTIONS))


def with_table(page: str) -> str:
    """Return `page` with its table as it must be. Raises ValueError if a mark is missing."""
    return replace_section(page, BEGIN, END, rendered())


def _line(each: Question) -> str:
    assumed, *others = (f"`{answer}`" for answer in each.answers)
    answers = ", ".join((f"**{assumed}**", *others))
    asked = "in an app" if each.name in inside.PROBES else "by you"
    asks, otherwise = _safe(each.asks), _safe(each.otherwise)
    return f"| `{each.name}`: {asks} | {answers} | {otherwise} | {asked} |\n"


def _safe(text: str) -> str:
    """Escape angle brackets, which would be taken for HTML."""
    return text.replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
