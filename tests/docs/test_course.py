"""docs/course.md names labs and views that exist, all of them, and leaves no cell empty."""

import re
from collections.abc import Iterator, Sequence

from cli.lab.course import read_course
from sandbox.state import PROJECT

PAGE = (PROJECT / "docs" / "course.md").read_text()
COVER = PAGE.partition("## What is not in it")[0]
TEMPLATE = (PROJECT / "sandbox" / "page" / "templates" / "base.html").read_text()

_VIEWS = frozenset(re.findall(r'\("/\w*", "(\w+)"\)', TEMPLATE))
_LABS = re.compile(r"\blabs? (\d+(?:, \d+)*)")
_STAGES = ["seen", "broken", "diagnosed", "fixed", "proved"]


def rows(text: str) -> Iterator[Sequence[str]]:
    """Yield the cells of each row of the tables: the subject, the five stages, the view."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("|---"):
            yield [each.strip() for each in line.strip("|").split("|")]


def labs(cell: str) -> set[int]:
    """Return the numbers of the labs that a cell names."""
    return {int(number) for found in _LABS.findall(cell) for number in found.split(", ")}


def is_filled(cell: str) -> bool:
    """Return whether a cell names a lab or a page, or the reason for neither."""
    return bool(labs(cell)) or cell.startswith("every lab") or "](" in cell or _is_a_reason(cell)


def _is_a_reason(cell: str) -> bool:
    return cell.startswith("none: ") and len(cell) > len("none: ")


def views(cell: str) -> set[str]:
    """Return the views that the last cell of a row names, before any remark."""
    return set() if _is_a_reason(cell) else set(cell.partition(":")[0].split(", "))


def test_every_row_has_a_cell_for_each_stage() -> None:
    headings = [each for each in rows(COVER) if each[1] == _STAGES[0]]
    assert len(headings) == 5
    assert all(each[1:] == [*_STAGES, "on the page"] for each in headings)
    assert {len(each) for each in rows(COVER)} == {7}


def test_no_cell_is_empty_without_a_reason() -> None:
    subjects = [each for each in rows(COVER) if each[1] != _STAGES[0]]
    assert len(subjects) > 25
    assert [each for each in subjects if not all(map(is_filled, each[1:6]))] == []
    assert not any(map(is_filled, ("", "-", "none: ", "later")))


def test_each_lab_is_named_and_each_named_lab_exists() -> None:
    named = {number for row in rows(COVER) for cell in row[1:6] for number in labs(cell)}
    assert named == set(read_course())


def test_each_view_is_named_and_each_named_view_exists() -> None:
    named = {view for row in rows(COVER) if row[1] != _STAGES[0] for view in views(row[6])}
    assert named <= _VIEWS
    assert [each for each in _VIEWS if each not in COVER] == []
