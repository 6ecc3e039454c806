"""A program that runs in this one's place, with its terminal, signals and exit status."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

# A shell's exit statuses for a program that it cannot start.
NOT_FOUND, NOT_RUN = 127, 126
_BY_A_SIGNAL = 128

# A terminal sends these to its whole foreground process group, so to the program, too.
_BY_TERMINAL = frozenset({signal.SIGINT, signal.SIGQUIT})
_PASSED_ON = (*_BY_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def run(command: Sequence[str], environment: Mapping[str, str], umask: int) -> int:
    """Run `command` on this process's own input and output; return its exit status.

    For a signal it is 128 plus its number, as in a shell. Raises OSError if it cannot start.
    """
    with _signals_passed_on() as started:
        process = subprocess.Popen(command, env=environment, umask=umask)
        started.append(process)
        status = process.wait()
    return status if status >= 0 else _BY_A_SIGNAL - status


@contextmanager
def _signals_passed_on() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Forward this process's signals to the processes in the list, and survive them."""
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if number in _BY_TERMINAL and _in_the_foreground():
            return
        for each in started:
            with suppress(ProcessLookupError):
                each.send_signal(number)

    # A signal that is ignored, as under nohup, stays ignored.
    heard = [each for each in _PASSED_ON if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in heard}
    try:
        yield started
    finally:
        for number, one in before.items():
            signal.signal(number, one)


def _in_the_foreground() -> bool:
    """Return whether this process group is the one that a terminal's keys reach."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
