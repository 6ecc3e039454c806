"""How the command line writes: in colour on a terminal, plain elsewhere, errors in one sentence."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from sandbox.supervisor import ENDINGS

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

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


def interactive() -> bool:
    """Whether a person sits at the other end."""
    return sys.stdin.isatty() and sys.stdout.isatty()
