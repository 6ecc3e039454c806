"""A console in an app: asks what only the app's own code can ask, under the app's identity.

`az containerapp exec` reads a terminal, so it is given one. It is not run on Azure, and not at all
on Windows, which has no such terminals.
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

# azure-cli says so once it is connected: command_modules/containerapp/custom.py
_CONNECTED = "ctrl + D"
_PATIENCE = 120.0  # seconds
_MOST = 1024 * 1024  # bytes that are read of a console
# A terminal in between holds back lines that are longer than 4096 bytes.
_WIDTH = 500


class ConsoleError(Exception):
    """No console was opened, or it did not answer in time."""


@dataclass(frozen=True)
class Console:
    """The console of an app, as whoever is signed in may open it."""

    app: str
    group: str
    subscription: str
    patience: float = _PATIENCE

    def answers(self, kept: str) -> dict[str, str]:
        """Return what the app's code was answered, by question. Raises ConsoleError.

        `kept` is the resource id of the identity whose tokens are kept from code.
        """
        if sys.platform == "win32":
            raise ConsoleError("there are no terminals of that kind on Windows")
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
            yield Terminal(ours, time.monotonic() + self.patience)
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
    """Our end of a terminal, and all that was shown on it, until a deadline (monotonic seconds)."""

    descriptor: int
    deadline: float
    shown: bytes = b""

    @property
    def said(self) -> str:
        """What was shown, as text."""
        return self.shown.decode(errors="replace")

    def write(self, lines: Sequence[str]) -> None:
        """Type lines, and read what they do in between: az passes on a character at a time.

        Raises ConsoleError if nobody is there any more.
        """
        for each in lines:
            try:
                os.write(self.descriptor, f"{each}\n".encode())
            except OSError as error:
                raise ConsoleError("the console was closed") from error
            self._read(0.05)

    def read_until(self, wanted: re.Pattern[str]) -> None:
        """Read until `wanted` was shown. Raises ConsoleError if it never is."""
        while not wanted.search(self.said):
            left = self.deadline - time.monotonic()
            if left <= 0 or not self._read(left) or len(self.shown) > _MOST:
                raise ConsoleError("the console did not answer")

    def _read(self, seconds: float) -> bool:
        """Read what comes within so many seconds; False if nothing does."""
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
    # The first answer must not stand behind the prompts for the lines that were typed.
    run = "import base64,sys,zlib;p=sys.stdin.read();print();"
    run += "exec(zlib.decompress(base64.b64decode(p)))"
    return [
        f"export KEPT_IDENTITY={shlex.quote(kept)}",
        f"python -c '{run}' <<'END'",
        *textwrap.wrap(packed, _WIDTH),
        "END",
    ]


def found_in(said: str) -> dict[str, str]:
    """Return the answers among all else that a terminal shows."""
    lines = re.findall(rf"^{inside.ANSWER} ([a-z-]+) (\S{{1,40}})\r?$", said, re.MULTILINE)
    known: Mapping[str, object] = inside.PROBES
    return {name: answer for name, answer in lines if name in known}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let it end, or end it: a shell that waits for a person takes no notice of a SIGTERM."""
    for signalled in (0, signal.SIGTERM, signal.SIGKILL):
        if signalled:
            process.send_signal(signalled)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return
