"""docs/commands.md shows the command line as it is."""

from tests.docs import commands


def test_the_page_follows_the_help() -> None:
    page = commands.PAGE.read_text()
    assert page == commands.written(page), "run python -m tests.docs.commands"


def test_each_command_has_a_section_of_its_own() -> None:
    page = commands.PAGE.read_text()
    assert [name for name in commands.commands() if f"\n### {name}\n" not in page] == []
