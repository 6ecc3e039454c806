"""A count of the words that make our prose a dialect, for each 10,000 words of it.

    python -m tests.docs.words [PATH...]          count them, in the whole project or below PATH
    python -m tests.docs.words --where [PATH...]  list the lines as well
    python -m tests.docs.words --lower            write lower figures to words.json

Prose is Markdown without its code, the docstrings of Python, and the descriptions and reasons of
Bicep. The figures of words.json only go down; test_words.py compares them. Its `anchors` are the
same counts over the documentation and docstrings of svcs, httpx, Flask and Datasette: no figure
has to be lower than these.
"""

import argparse
import ast
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.state import PROJECT

FIGURES = PROJECT / "tests" / "docs" / "words.json"
PER = 10_000

_IS = r"\b(?:is|are|was|were|be|been)\s+"
_PATTERNS = {
    "told": r"\btold\b",
    "said": r"\bsaid\b",
    "nobody, somebody": r"\b(?:nobody|somebody)\b",
    "whoever, whom": r"\b(?:whoever|whom)\b",
    "who": r"\bwho\b",
    "what": r"\bwhat\b(?!-if)",
    "anew": r"\banew\b",
    "is away": rf"{_IS}away\b",
    "is there": rf"{_IS}(?:(?:not|still|already|all|again)\s+)?there(?=[.,;:)]|\s*\Z)",
    "a sentence that begins with What, Who, Whether, How": (
        r"(?:\A|(?<=[.!?]\s)|(?<=\n\n))(?-i:What|Who|Whom|Whether|How)\b(?!\sto\b)[^.!?]*[.!]"
    ),
}
_DOCSTRINGS = {
    f"a docstring that begins with {each}": rf"\A\s*(?-i:{each})\b"
    for each in ("What", "Who", "Whether", "How")
}
ROWS = (*_PATTERNS, *_DOCSTRINGS)

_WORD = re.compile(r"[A-Za-z][\w'-]*")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`|<!--.*?-->|(?<=\])\([^)\s]*\)|^#[^\n]*", re.MULTILINE | re.DOTALL)
_DESCRIBED = re.compile(r"""(?:@description\(|\b(?:description|why):\s)'((?:[^'\\]|\\.)*)'""")
_SKIPPED = ("node_modules", "__pycache__")


@dataclass(frozen=True)
class Prose:
    """A piece of text, the file and the line that it begins on."""

    text: str
    path: Path
    line: int = 1
    docstring: bool = False


@dataclass(frozen=True)
class Hit:
    """A place that a row counts."""

    row: str
    path: Path
    line: int
    text: str


def prose(paths: Sequence[Path]) -> Iterator[Prose]:
    """Return the prose of all files that are `paths` or lie below them."""
    read = {".md": _markdown, ".py": _docstrings, ".bicep": _descriptions}
    for path in sorted({file for each in paths for file in _files(each)}):
        if path.suffix in read:
            yield from read[path.suffix](path)


def hits(pieces: Sequence[Prose]) -> Iterator[Hit]:
    """Return each place where a row's pattern is found."""
    for piece in pieces:
        for row, pattern in {**_PATTERNS, **(_DOCSTRINGS if piece.docstring else {})}.items():
            for found in re.finditer(pattern, piece.text, re.IGNORECASE):
                line = piece.line + piece.text.count("\n", 0, found.start())
                yield Hit(row, piece.path, line, _around(piece.text, found.start()))


def counted(paths: Sequence[Path]) -> tuple[Counter[str], int]:
    """Return the hits of each row, and the number of words that they were found in."""
    pieces = list(prose(paths))
    found = Counter(each.row for each in hits(pieces))
    return found, sum(len(_WORD.findall(each.text)) for each in pieces)


def rates(found: Mapping[str, int], words: int) -> dict[str, float]:
    """Return each row's hits for 10,000 words, to a tenth."""
    return {row: round(found.get(row, 0) * PER / max(words, 1), 1) for row in ROWS}


def committed(column: str = "most") -> dict[str, float]:
    """Return the figures that must not rise, or another column of words.json."""
    figures: dict[str, float] = json.loads(FIGURES.read_text())[column]
    return figures


def lowered(
    old: Mapping[str, float], new: Mapping[str, float], anchors: Mapping[str, float]
) -> dict[str, float]:
    """Return the lower of two figures for each row, but none below its anchor."""
    return {row: max(min(old[row], new[row]), anchors[row]) for row in ROWS}


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for folder, folders, names in os.walk(path):
        folders[:] = [each for each in folders if each[0] != "." and each not in _SKIPPED]
        yield from (Path(folder, name) for name in names)


def _markdown(path: Path) -> Iterator[Prose]:
    text = _FENCE.sub(_lines_only, path.read_text())
    yield Prose(_CODE.sub(_lines_only, text), path)


def _lines_only(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n") or " "


def _docstrings(path: Path) -> Iterator[Prose]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, documented) and (text := ast.get_docstring(node, clean=False)):
            yield Prose(_CODE.sub(_lines_only, text), path, node.body[0].lineno, docstring=True)


def _descriptions(path: Path) -> Iterator[Prose]:
    text = path.read_text()
    for found in _DESCRIBED.finditer(text):
        yield Prose(found[1], path, 1 + text.count("\n", 0, found.start(1)))


def _around(text: str, at: int) -> str:
    return " ".join(text[max(at - 40, 0) : at + 50].split())


def _arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.docs.words", description=__doc__)
    reader.formatter_class = argparse.RawDescriptionHelpFormatter
    reader.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    reader.add_argument("--where", action="store_true", help="list each place")
    reader.add_argument("--lower", action="store_true", help="write lower figures to words.json")
    return reader.parse_args()


def _main() -> None:
    given = _arguments()
    paths = given.paths or [PROJECT]
    if missing := [str(each) for each in paths if not each.exists()]:
        sys.exit(f"no such file or folder: {', '.join(missing)}")
    if given.lower and given.paths:
        sys.exit("--lower counts the whole project: name no PATH")
    if given.where:
        for each in hits(list(prose(paths))):
            print(f"{os.path.relpath(each.path)}:{each.line}: {each.row}: {each.text}")
    found, words = counted(paths)
    old, new, anchors = committed(), rates(found, words), committed("anchors")
    if given.lower:
        _write("most", old := lowered(old, new, anchors))
    print(f"{words:,} words\n{'hits':>6} {'per 10,000':>11} {'at most':>8} {'anchors':>8}")
    for row in ROWS:
        print(f"{found[row]:>6} {new[row]:>11.1f} {old[row]:>8.1f} {anchors[row]:>8.1f}  {row}")


def _write(column: str, figures: Mapping[str, float]) -> None:
    table = json.loads(FIGURES.read_text()) | {column: figures}
    FIGURES.write_text(json.dumps(table, indent=2) + "\n")


if __name__ == "__main__":
    _main()
