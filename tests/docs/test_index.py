"""docs/README.md leads to every page, and the pages lead on in its order."""

import re

from sandbox.state import PROJECT

DOCS = PROJECT / "docs"
INDEX = DOCS / "README.md"

_LINK = re.compile(r"^\| \[(.+)\]\(([\w-]+\.md)\) \|", re.MULTILINE)
LISTED = [(file, question) for question, file in _LINK.findall(INDEX.read_text())]


def test_each_page_is_in_the_index_once_under_its_own_question() -> None:
    titles = {
        page.name: page.read_text().splitlines()[0].removeprefix("# ")
        for page in DOCS.glob("*.md")
        if page != INDEX
    }
    assert sorted(LISTED) == sorted(titles.items())


def test_each_page_is_a_question() -> None:
    titles = [page.read_text().splitlines()[0] for page in DOCS.glob("*.md")]
    assert [each for each in titles if "?" not in each] == []


def test_each_page_ends_with_the_next_one_of_the_index() -> None:
    last = [(DOCS / file).read_text().splitlines()[-1] for file, _ in LISTED]
    following = [f"Next: [{question}]({file})" for file, question in LISTED[1:]]
    assert last == [*following, "This is the last page. Back to [the index](README.md)."]
