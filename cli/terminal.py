"""Output of the command line: colours only on a terminal, errors in one sentence."""

import codecs
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import TextIOWrapper
from types import FrameType
from typing import Any, NoReturn

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sandbox.printable import printable, printable_lines
from sandbox.supervisor import END_SIGNALS

# EX_USAGE, EX_UNAVAILABLE and EX_TEMPFAIL of sysexits.h.
USAGE = 64
UNAVAILABLE = 69
NOT_READY = 75
_INSTEAD = {
    "✓": "+",
    "✗": "x",
    "→": ">",
    "←": "<",
    "•": "*",
    "≤": "<=",
    "≥": ">=",
    "µ": "u",
    "…": "...",
}
_NAME = "keyless"


class Terminal(Console):
    """A console that escapes control characters in any text; colours are styles beside it."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for each in super().render(renderable, options):
            yield each if each.control else each._replace(text=printable_lines(each.text))


out = Terminal(highlight=False, soft_wrap=True)
err = Terminal(stderr=True, highlight=False, soft_wrap=True)


def fail(sentence: str, status: int = UNAVAILABLE) -> NoReturn:
    """End the command with one sentence on stderr."""
    # One line, one full stop, and no markup, for which rich might take a path.
    line = " ".join(sentence.split()).rstrip(".")
    err.print(Text.assemble(("keyless:", "bold red"), f" {line}."))
    raise typer.Exit(status)


@contextmanager
def one_sentence(*errors: type[Exception]) -> Iterator[None]:
    """End the command with the message of these errors, instead of a traceback."""
    try:
        yield
    except errors as error:
        # str(KeyError) is the repr of its text.
        fail(str(error.args[0]) if isinstance(error, KeyError) else str(error))


@contextmanager
def timed(sentence: str) -> Iterator[None]:
    """Print the sentence at the end of the block, with the seconds that it took."""
    begun = time.monotonic()
    yield
    out.print(f"[dim]{sentence} after {time.monotonic() - begun:.1f} s.[/]")


def exit_on_signals() -> AbstractContextManager[None]:
    """Raise SystemExit for each signal that ends the command, so that the block cleans up."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    return _signalled(leave)


def ignoring_signals() -> AbstractContextManager[None]:
    """Ignore the signals that end the command, so that the block can finish its clean-up."""
    return _signalled(signal.SIG_IGN)


@contextmanager
def _signalled(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers,
) -> Iterator[None]:
    # A signal that is ignored, as under nohup, stays ignored.
    heard = [each for each in END_SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)


def print_json(found: Any, indent: int | None = 2) -> None:
    """Print `found` as JSON, in ASCII where the encoding needs it."""
    ascii_only = not out.encoding.lower().startswith("utf")
    out.print_json(data=found, indent=indent, ensure_ascii=ascii_only)


class OneLine(logging.Formatter):
    """Formats a log record as one line, apart from its traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return printable_lines(super().formatException(ei))


def log_to_stderr() -> None:
    """Log the sandbox's warnings and errors on stderr, without control characters."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def interactive() -> bool:
    """Return whether standard input and output are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def replace_unencodable() -> None:
    """Let no character fail the command that writes it, whatever the terminal's encoding."""
    codecs.register_error(_NAME, _instead)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _instead(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return b"".join(map(_written, lacking)), error.end


def _written(lacking: str) -> bytes:
    """Return the replacement; an undecodable byte of a file's name stays itself (PEP 383)."""
    code = ord(lacking)
    return bytes([code & 0xFF]) if 0xDC80 <= code <= 0xDCFF else _INSTEAD.get(lacking, "?").encode()
