"""The block of answers in a report, or in an issue that quotes one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.assumptions import AssumptionError, assume

# The fence of the block, which local/report/page.py writes.
FENCE, FORMAT = "keyless-answers", 1

LARGEST = 256 * 1024  # bytes; a report has about ten thousand
_LONGEST = 100  # characters of a line
_AGAIN = "create a new one with ./keyless report"


class ReportError(ValueError):
    """A file without answers that this version knows; the message names the place and the fix."""


@dataclass(frozen=True)
class Line:
    """One line of a file."""

    number: int
    text: str


def read(path: Path) -> Mapping[str, str]:
    """Return the answers in a file, by question. Raises ReportError."""
    return _answers_in(_text(path), str(path))


def _answers_in(text: str, source: str) -> Mapping[str, str]:
    """Return the answers in the one block of a text. Raises ReportError, which names the line."""
    head, *lines = _block(text, source)
    if head.text != f"format {FORMAT}":
        raise ReportError(
            f"{source}, line {head.number}: this version reads 'format {FORMAT}', not "
            f"{head.text[:40]!r}; use the version of Keyless that wrote it, or {_AGAIN}"
        )
    answers: dict[str, str] = {}
    for each in lines:
        if not each.text or each.text.startswith("#"):
            continue
        _check(each, source)
        name, _, answer = each.text.partition("=")
        if answers.setdefault(name, answer) != answer:
            raise ReportError(
                f"{source}, line {each.number}: {name} already has a different answer; "
                "delete one of the two lines"
            )
    return answers


def _check(line: Line, source: str) -> None:
    if len(line.text) > _LONGEST:
        raise ReportError(
            f"{source}, line {line.number} is too long to be an answer; delete it, or {_AGAIN}"
        )
    try:
        assume([line.text])
    except AssumptionError as error:
        raise ReportError(
            f"{source}, line {line.number}: {error}; delete the line, or {_AGAIN}"
        ) from error


def _block(text: str, source: str) -> list[Line]:
    """Return the lines between the fences; the first names the format."""
    lines = [Line(number, each.strip()) for number, each in enumerate(text.split("\n"), start=1)]
    begins = [each.number for each in lines if each.text == f"```{FENCE}"]
    if not begins:
        raise ReportError(f"{source} is not a report: it has no line ```{FENCE}; {_AGAIN}")
    if len(begins) > 1:
        raise ReportError(
            f"{source} has two reports, at lines {begins[0]} and {begins[1]}; "
            "put each into its own file"
        )
    found = list(_until_fence(lines[begins[0] :]))
    if len(found) == len(lines[begins[0] :]):
        raise ReportError(
            f"{source}, line {begins[0]}: the block has no end (```); the file is cut off"
        )
    return found or [Line(begins[0], "")]


def _until_fence(lines: list[Line]) -> Iterator[Line]:
    for each in lines:
        if each.text == "```":
            return
        yield each


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise ReportError(f"{path} is not a report: it is larger than {LARGEST // 1024} KiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReportError(f"{path} is not a report: it is not UTF-8 text") from error
