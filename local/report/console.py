"""A console in an app, for questions that only the app's own code can ask.

`az containerapp exec` requires a terminal, so it gets a pseudo-terminal. Not run on Azure; not
available on Windows, which has no pseudo-terminals.
"""

import base64
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from infra import azure_cli
from local.questions import inside

# azure-cli prints this once it is connected: command_modules/containerapp/custom.py
_CONNECTED = "ctrl + D"
_TIMEOUT = 120.0  # seconds
_MOST = 1024 * 1024  # bytes that are read of a console
# A terminal buffers at most 4096 bytes of a line.
_WIDTH = 500


class ConsoleError(Exception):
    """The console did not open, or did not answer in time."""


@dataclass(frozen=True)
class Console:
    """The console of an app, opened with the user's sign-in to the Azure CLI."""

    app: str
    group: str
    subscription: str
    timeout: float = _TIMEOUT

    def answers(self, kept: str) -> dict[str, str]:
        """Return the answers that the app's code got, by question. Raises ConsoleError.

        `kept` is the resource id of the identity that is withheld from code.
        """
        if sys.platform == "win32":
            raise ConsoleError("Windows has no pseudo-terminals")
        with self._opened() as terminal:
            terminal.read_until(re.compile(re.escape(_CONNECTED)))
            terminal.write(script(kept))
            terminal.read_until(re.compile(rf"^{inside.END}\r?$", re.MULTILINE))
            terminal.write(["exit"])
        return found_in(terminal.said)

    @contextmanager
    def _opened(self) -> "Iterator[Terminal]":
        import pty  # noqa: PLC0415 - not on Windows

        ours, theirs = pty.openpty()
        try:
            process = subprocess.Popen(self.command(), stdin=theirs, stdout=theirs, stderr=theirs)
        except (OSError, azure_cli.AzureCliError) as error:
            raise ConsoleError(str(error)) from error
        finally:
            os.close(theirs)
        try:
            yield Terminal(ours, time.monotonic() + self.timeout)
        finally:
            _end(process)
            os.close(ours)

    def command(self) -> list[str]:
        """Return the program that opens it. Raises AzureCliError."""
        where = ["--name", self.app, "--resource-group", self.group, "--command", "sh"]
        which = ["--subscription", self.subscription]
        return [*azure_cli.command(), "containerapp", "exec", *where, *which]


@dataclass
class Terminal:
    """Our end of a terminal, and everything shown on it until a deadline (monotonic seconds)."""

    descriptor: int
    deadline: float
    shown: bytes = b""

    @property
    def said(self) -> str:
        """The shown bytes, as text."""
        return self.shown.decode(errors="replace")

    def write(self, lines: Sequence[str]) -> None:
        """Type lines, and read their output in between: az forwards one character at a time.

        Raises ConsoleError if the console is closed.
        """
        for each in lines:
            try:
                os.write(self.descriptor, f"{each}\n".encode())
            except OSError as error:
                raise ConsoleError("the console was closed") from error
            self._read(0.05)

    def read_until(self, wanted: re.Pattern[str]) -> None:
        """Read until `wanted` is shown. Raises ConsoleError at the deadline."""
        while not wanted.search(self.said):
            left = self.deadline - time.monotonic()
            if left <= 0 or not self._read(left) or len(self.shown) > _MOST:
                raise ConsoleError("the console did not answer")

    def _read(self, seconds: float) -> bool:
        """Read the output of the next `seconds`; return False if there is none."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self.descriptor, 65536)
        except OSError:  # the other end is closed
            more = b""
        self.shown += more
        return bool(more)


def script(kept: str) -> Sequence[str]:
    """Return the lines that ask in a shell: local/questions/inside.py, for the app's own Python."""
    source = Path(inside.__file__).read_bytes()
    packed = base64.b64encode(zlib.compress(source, 9)).decode()
    # The first answer must start on a new line, after the prompts.
    run = "import base64,sys,zlib;p=sys.stdin.read();print();"
    run += "exec(zlib.decompress(base64.b64decode(p)))"
    return [
        f"export KEPT_IDENTITY={shlex.quote(kept)}",
        f"python -c '{run}' <<'END'",
        *textwrap.wrap(packed, _WIDTH),
        "END",
    ]


def found_in(said: str) -> dict[str, str]:
    """Return the answers in a terminal's output."""
    lines = re.findall(rf"^{inside.ANSWER} ([a-z-]+) (\S{{1,40}})\r?$", said, re.MULTILINE)
    known: Mapping[str, object] = inside.PROBES
    return {name: answer for name, answer in lines if name in known}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the process, or end it: an interactive shell ignores SIGTERM."""
    for signalled in (0, signal.SIGTERM, signal.SIGKILL):
        if signalled:
            process.send_signal(signalled)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return
