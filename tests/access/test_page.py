"""The page of rights tells every row there is."""

from tests.access.page import PAGE, with_tables


def test_the_page_is_written_from_the_table_of_today() -> None:
    """Otherwise: python -m tests.access.page."""
    page = PAGE.read_text()
    assert with_tables(page) == page
