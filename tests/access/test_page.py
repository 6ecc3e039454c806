"""The pages of rights and of questions tell all that there is."""

from tests.access import questions
from tests.access.page import PAGE, with_tables
from tests.access.probes import inside


def test_the_page_is_written_from_the_table_of_today() -> None:
    """Otherwise: python -m tests.access.page."""
    page = PAGE.read_text()
    assert with_tables(page) == page


def test_the_page_is_written_from_the_questions_of_today() -> None:
    """Otherwise: python -m tests.access.questions."""
    page = questions.PAGE.read_text()
    assert questions.with_table(page) == page


def test_the_page_asks_inside_an_app_all_that_only_an_app_can_ask() -> None:
    asked = questions.PAGE.read_text()
    assert [each for each in inside.PROBES if f'print("{each}", ' not in asked] == []
