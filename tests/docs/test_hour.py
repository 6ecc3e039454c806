"""The README's path takes a newcomer at most an hour.

`./keyless test -s tests/docs/test_hour.py` prints the minutes of each stop.
"""

import re
from dataclasses import dataclass

from sandbox.state import PROJECT

WORDS_A_MINUTE, LINES_A_MINUTE = 230, 25

# In reading order, as README.md names them. A folder stands for its Python.
PATHS = (
    "docs/start.md",
    "docs/tokens.md",
    "docs/identities.md",
    "docs/roles-and-scopes.md",
    "infra/bicep/modules/access.bicep",
    "services/gateway",
    "services/thumbnailer",
    "services/common/credential.py",
)

# Not about identity, so the README tells the reader to skip them.
SKIPPED = (
    "services/gateway/admission.py",
    "services/thumbnailer/colours.py",
    "services/thumbnailer/decoder.py",
    "services/thumbnailer/formats.py",
    "services/thumbnailer/images.py",
)
_ABOUT_IDENTITY = re.compile(
    r"\bazure\.|\bcredential|services\.common import .*\b(?:blobs|bus|vault)\b"
)

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_TARGET = re.compile(r"(?<=\])\([^)\s]*\)")


@dataclass(frozen=True)
class Part:
    """A stop of the path: words of prose, and lines of code that are not blank."""

    path: str
    words: int
    lines: int

    @property
    def minutes(self) -> float:
        """Return the reading time."""
        return self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE

    def __str__(self) -> str:
        return f"{self.minutes:5.1f} min  {self.words:5} words  {self.lines:4} lines  {self.path}"


def test_the_path_of_the_readme_takes_at_most_an_hour() -> None:
    parts = [part(each) for each in PATHS]
    minutes = sum(each.minutes for each in parts)
    table = "\n".join([*map(str, parts), f"{minutes:5.1f} min  in total"])
    print(f"\n{table}")
    assert minutes <= 60, table


def test_the_readme_names_the_path_in_its_order() -> None:
    section = (PROJECT / "README.md").read_text().partition("## Read it in an hour\n")[2]
    assert tuple(re.findall(r"\]\(([^)]+)\)", section)[: len(PATHS)]) == PATHS


def test_a_skipped_file_is_not_about_identity() -> None:
    texts = {each: (PROJECT / each).read_text() for each in SKIPPED}
    assert [each for each, text in texts.items() if _ABOUT_IDENTITY.search(text)] == []


def part(path: str) -> Part:
    """Return the length of a page, of a file of code, or of a folder's Python."""
    file = PROJECT / path
    if file.suffix == ".md":
        text = file.read_text()
        code = "".join(_FENCE.findall(text))
        return Part(path, len(_TARGET.sub("", _FENCE.sub("", text)).split()), _lines(code))
    skipped = {PROJECT / each for each in SKIPPED}
    files = (
        [file] if file.is_file() else [each for each in file.glob("*.py") if each not in skipped]
    )
    return Part(path, 0, sum(_lines(each.read_text()) for each in files))


def _lines(code: str) -> int:
    return sum(bool(line.strip()) for line in code.splitlines())
