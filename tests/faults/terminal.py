"""A command on a terminal of its own, on which one can press Ctrl-C, and which one can close."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sandbox.state import PROJECT

PATIENCE = 100.0


class Terminal:
    """Runs one command; `output` is all that it has written."""

    def __init__(self, state: Path, command: Sequence[str], program: Sequence[str] = ()) -> None:
        self.output = ""
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*(program or (sys.executable, "-m", "cli")), *command],
            cwd=PROJECT,
            env={**os.environ, "KEYLESS_STATE": str(state), "TERM": "dumb"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_in_front,  # noqa: PLW1509 - no test has threads when it starts one
        )
        os.close(slave)

    def press_ctrl_c(self) -> None:
        """Press Ctrl-C: signal everything in the foreground."""
        os.write(self._master, b"\x03")

    def close(self) -> None:
        """Close the terminal's window."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def look_for(self, seconds: float, until: str = "\0") -> None:
        """Read its output for so long, or until it prints `until`, or until it ends."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and until not in self.output:
            if self._master < 0 or not self._read(min(left, 0.1)):
                self.process.wait(max(left, 0.1))
                return

    def wait(self) -> int:
        """Its status, once it has ended. Raises TimeoutExpired."""
        self.look_for(PATIENCE)
        return self.process.wait(PATIENCE)

    def _read(self, seconds: float) -> bool:
        if select.select([self._master], [], [], seconds)[0]:
            with suppress(OSError):
                found = os.read(self._master, 65536)
                self.output += found.decode(errors="replace")
                return bool(found)
            return False
        return True


def _in_front() -> None:
    """Prepare the command as a shell does: the terminal is its own, and no signal is ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
