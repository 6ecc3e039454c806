"""How the command line writes: in colour on a terminal, plain elsewhere, errors in one sentence."""

import logging
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any, NoReturn

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sandbox.printable import printable, printable_lines
from sandbox.supervisor import ENDINGS


class Terminal(Console):
    """A console on which no text does more than be read, wherever it comes from.

    Colours are styles, which stand beside the text and not in it.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for each in super().render(renderable, options):
            yield each if each.control else each._replace(text=printable_lines(each.text))


out = Terminal(highlight=False, soft_wrap=True)
err = Terminal(stderr=True, highlight=False, soft_wrap=True)

# What stands for a bad request, for a service that is not there, and for a failure that may pass,
# as in sysexits.h.
USAGE = 64
UNAVAILABLE = 69
NOT_READY = 75


def fail(sentence: str, status: int = UNAVAILABLE) -> NoReturn:
    """End with one sentence on stderr."""
    # Whatever an error says: one line, one full stop, and no markup, which a path may look like.
    line = " ".join(sentence.split()).rstrip(".")
    err.print(Text.assemble(("keyless:", "bold red"), f" {line}."))
    raise typer.Exit(status)


@contextmanager
def one_sentence(*errors: type[Exception]) -> Iterator[None]:
    """What goes wrong in these ways is the user's to know, without a traceback."""
    try:
        yield
    except errors as error:
        # str(KeyError) is the repr of its text.
        fail(str(error.args[0]) if isinstance(error, KeyError) else str(error))


def ended_by_signals() -> AbstractContextManager[None]:
    """What is begun within is ended, whichever way the user ends this command: by SystemExit."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    return _signalled(leave)


def undisturbed() -> AbstractContextManager[None]:
    """Nobody's impatience keeps what is ended within from ending as it should."""
    return _signalled(signal.SIG_IGN)


@contextmanager
def _signalled(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers,
) -> Iterator[None]:
    # What is ignored, as under nohup, was meant to be.
    heard = [each for each in ENDINGS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)


def print_json(found: Any, indent: int | None = 2) -> None:
    """Write `found` as JSON, which every encoding has the letters for."""
    ascii_only = not out.encoding.lower().startswith("utf")
    out.print_json(data=found, indent=indent, ensure_ascii=ascii_only)


class OneLine(logging.Formatter):
    """Writes a record of the log as one line; only a traceback has more."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return printable_lines(super().formatException(ei))


def log_to_stderr() -> None:
    """Write warnings and errors of the sandbox where they can be read without harm."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def interactive() -> bool:
    """Whether a person sits at the other end."""
    return sys.stdin.isatty() and sys.stdout.isatty()
