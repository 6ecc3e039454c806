"""How the command line writes: in colour on a terminal, plain elsewhere, errors in one sentence."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

# What stands for a bad request and for a service that is not there, as in sysexits.h.
USAGE = 64
UNAVAILABLE = 69


def fail(sentence: str, status: int = UNAVAILABLE) -> NoReturn:
    """End with one sentence on stderr."""
    err.print(f"[bold red]keyless:[/] {sentence}", markup=True)
    raise typer.Exit(status)


@contextmanager
def one_sentence(*errors: type[Exception]) -> Iterator[None]:
    """What goes wrong in these ways is the user's to know, without a traceback."""
    try:
        yield
    except errors as error:
        # str(KeyError) is the repr of its text.
        fail(str(error.args[0]) if isinstance(error, KeyError) else str(error))


def interactive() -> bool:
    """Whether a person sits at the other end."""
    return sys.stdin.isatty() and sys.stdout.isatty()
