"""The page of zero keys lists every kind, place and allowance."""

from tests.keys.page import PAGE, with_tables


def test_the_page_is_written_from_the_data_of_today() -> None:
    """Otherwise: python -m tests.keys.page."""
    page = PAGE.read_text()
    assert with_tables(page) == page
