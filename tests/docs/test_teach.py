"""The half day of docs/teach.md adds up, and each lab has the notes that it leads to."""

import re

import pytest

from cli.lab.course import Lab, read_course
from sandbox.state import PROJECT

PAGE = (PROJECT / "docs" / "teach.md").read_text()
COURSE = read_course()

_BLOCK = re.compile(r"^\| (\d):(\d\d) \| (\d+) \| (.+?) \|", re.MULTILINE)
_LABS = re.compile(r"\blabs? (\d+(?:(?:, | and )\d+)*)")
_NUMBER = re.compile(r"\d+")
_WRONG_TURN = re.compile(r"^\| (?!wrong turn|-)(.+?) \| (.+) \|$", re.MULTILINE)


def labs(text: str) -> list[int]:
    """Return the numbers of the labs that a text names."""
    return [int(one) for found in _LABS.findall(text) for one in _NUMBER.findall(found)]


BLOCKS = [
    (60 * int(hour) + int(minute), int(lasts), labs(what))
    for hour, minute, lasts, what in _BLOCK.findall(PAGE)
]


def test_each_block_begins_where_the_last_one_ends() -> None:
    ends = [begins + lasts for begins, lasts, _ in BLOCKS]
    assert [begins for begins, _, _ in BLOCKS] == [0, *ends[:-1]]
    assert ends[-1] == 200
    assert "in 3 hours and 20 minutes" in PAGE


def test_a_block_is_as_long_as_its_labs() -> None:
    short = [block for block in BLOCKS if sum(COURSE[each].minutes for each in block[2]) > block[1]]
    assert short == []


def test_each_lab_is_in_the_half_day_or_among_those_for_the_fast() -> None:
    (fast,) = re.findall(r"^For the fast.*", PAGE, re.MULTILINE)
    planned = [each for _, _, found in BLOCKS for each in found]
    assert sorted(planned + labs(fast)) == list(COURSE)


@pytest.mark.parametrize("lab", COURSE.values(), ids=lambda lab: str(lab.number))
def test_the_notes_of_a_lab_have_a_goal_three_wrong_turns_and_a_question(lab: Lab) -> None:
    path = f"labs/{lab.folder.name}/instructor.md"
    assert f"| {lab.number} | [{lab.title}](../{path}) |" in PAGE
    assert lab.notes.startswith(f"# {lab.title}\n")
    assert "**Goal:** " in lab.notes
    assert len(_WRONG_TURN.findall(lab.notes)) == 3
    assert "Ask afterwards: " in lab.notes
