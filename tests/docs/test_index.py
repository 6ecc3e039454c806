"""docs/README.md leads to every page, under the question that the page answers."""

import re

from sandbox.state import PROJECT

DOCS = PROJECT / "docs"
INDEX = DOCS / "README.md"

_LINK = re.compile(r"^\| \[(.+)\]\(([\w-]+\.md)\) \|", re.MULTILINE)


def test_each_page_is_in_the_index_once_under_its_own_question() -> None:
    titles = {
        page.name: page.read_text().splitlines()[0].removeprefix("# ")
        for page in DOCS.glob("*.md")
        if page != INDEX
    }
    listed = [(file, question) for question, file in _LINK.findall(INDEX.read_text())]
    assert sorted(listed) == sorted(titles.items())


def test_each_page_is_a_question() -> None:
    titles = [page.read_text().splitlines()[0] for page in DOCS.glob("*.md")]
    assert [each for each in titles if "?" not in each] == []
