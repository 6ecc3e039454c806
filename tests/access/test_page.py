"""The generated tables of rights and of questions are complete."""

from local.questions import inside
from tests.access import questions
from tests.access.page import PAGE, with_tables


def test_the_page_is_written_from_the_table_of_today() -> None:
    """Otherwise: python -m tests.access.page."""
    page = PAGE.read_text()
    assert with_tables(page) == page


def test_the_page_is_written_from_the_questions_of_today() -> None:
    """Otherwise: python -m tests.access.questions."""
    page = questions.PAGE.read_text()
    assert questions.with_table(page) == page


def test_the_page_shows_the_answer_to_all_that_only_an_app_can_ask() -> None:
    shown = questions.PAGE.read_text()
    assert [each for each in inside.PROBES if f"\n{inside.ANSWER} {each} " not in shown] == []
