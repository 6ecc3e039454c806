"""The pages as a reader finds them: their prose, their code, and the console blocks to be run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.state import PROJECT

_AT_THE_ROOT = ("CONTRIBUTING.md", "README.md")
MANUAL = sorted([*PROJECT.glob("docs/*.md"), *map(PROJECT.joinpath, _AT_THE_ROOT)])
_ROOMS = ("*.md", "docs/*/*.md", "[!.]*/README.md", "[!.]*/*/README.md")
PAGES = sorted({*MANUAL, *(page for each in _ROOMS for page in PROJECT.glob(each))})

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HERE_DOCUMENT = re.compile(r"<<'(\w+)'")
_ANYTHING = "…"


@dataclass(frozen=True)
class Step:
    """A command as it is typed, and the output that the page shows for it."""

    command: str
    shown: str

    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of the real output: `…` is any text, a line of only `…` any lines."""
        lines = self.shown.splitlines()
        return re.compile(
            "".join(_any_lines() if each == _ANYTHING else _line(each) for each in lines)
        )


def name_of(page: Path) -> str:
    """Return the page's path from the project's root."""
    return str(page.relative_to(PROJECT))


def consoles(page: Path) -> list[list[Step]]:
    """Return the console blocks of a page, each a list of steps."""
    found = _FENCE.finditer(page.read_text())
    return [list(_steps(each["body"])) for each in found if each["language"] == "console"]


def quoted(page: Path) -> set[str]:
    """Return the texts between backticks in the prose of a page."""
    return set(re.findall(r"`([^`\n]+)`", _FENCE.sub("", page.read_text())))


def _steps(block: str) -> Iterator[Step]:
    lines = iter(block.splitlines())
    command, shown = "", list[str]()
    for line in lines:
        if not line.startswith("$ "):
            shown.append(line)
            continue
        if command:
            yield Step(command, "\n".join(shown))
        command, shown = line.removeprefix("$ "), []
        if here := _HERE_DOCUMENT.search(command):
            command += "".join(f"\n{each}" for each in _until(lines, here[1]))
    yield Step(command, "\n".join(shown))


def _until(lines: Iterator[str], last: str) -> Iterator[str]:
    for line in lines:
        yield line
        if line == last:
            return


def _line(shown: str) -> str:
    return ".*".join(map(re.escape, shown.rstrip().split(_ANYTHING))) + "\n"


def _any_lines() -> str:
    return r"(?:.*\n)*"
