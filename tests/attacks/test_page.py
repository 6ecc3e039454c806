"""The page of attacks lists every attack."""

from tests.attacks.page import PAGE, with_tables


def test_the_page_is_written_from_the_data_of_today() -> None:
    """Otherwise: python -m tests.attacks.page."""
    page = PAGE.read_text()
    assert with_tables(page) == page
