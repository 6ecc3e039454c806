"""A guard process: runs one program, and ends it when the guard's standard input closes.

The sandbox starts it as a script (`python -I process_guard.py GRACE LOCK PROGRAM ARGUMENT...`) and
holds the pipe, so that even a `kill -9` of the sandbox leaves no process behind, on Linux and macOS
alike. A byte on the pipe ends the program with GRACE seconds to finish; a closed pipe means that
the sandbox was killed, and ends it at once. If LOCK names a file, the program first waits for a
lock on it. The script imports nothing of the sandbox, which keeps it small and quick to start.
"""

import fcntl
import os
import select
import signal
import sys
import time
from contextlib import suppress

_HANDLED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP)


def main(arguments: list[str]) -> int:
    """Run the program until it or stdin ends. Return its exit status, 128+n for a signal."""
    grace, lock, command = float(arguments[0]), arguments[1], arguments[2:]
    if lock:
        _take(lock)
    wake_up = wake_up_on_signals()
    program = fork_session()
    if program == 0:
        os.execvp(command[0], command)  # noqa: S606 - no shell
    return guard(program, wake_up, sys.stdin.fileno(), grace)


def wake_up_on_signals() -> int:
    """Let each signal write to a pipe, and end nothing; return the pipe's reading end."""
    wake_up, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    # Ctrl-C, the end of a terminal and `timeout` reach every process of a group, but only the
    # sandbox decides when to stop. Without this guard the program would outlive both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _HANDLED:
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the program would inherit
    return wake_up


def fork_session() -> int:
    """Fork a child that leads a session and has no input; return its id, or 0 in the child."""
    # Until the child has handlers of its own, a signal waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    program = os.fork()
    if program == 0:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        signal.set_wakeup_fd(-1)
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
    return program


def guard(program: int, wake_up: int, stop: int, grace: float) -> int:
    """Return the exit status of the child `program` once it has ended, 128+n for a signal.

    A byte on the descriptor `stop` ends it within `grace` seconds, and the end of `stop` at once.
    `wake_up` is readable after a signal.
    """
    while (status := _exit_status(program)) is None:
        readable, _, _ = select.select([stop, wake_up], [], [])
        if wake_up in readable:
            os.read(wake_up, 512)
        if stop in readable:
            status = _end(program, wake_up, grace if os.read(stop, 1) else 0)
            break
    _signal_group(program, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def _take(lock: str) -> None:
    """Take the lock, which ends with the last process that has its descriptor."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _end(program: int, wake_up: int, grace: float) -> int:
    """Ask the program to end, and kill it after `grace` seconds; return its exit status."""
    os.kill(program, signal.SIGTERM)
    latest = time.monotonic() + grace
    while (status := _exit_status(program)) is None:
        left = latest - time.monotonic()
        if left <= 0:
            _signal_group(program, signal.SIGKILL)
            return os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
        if select.select([wake_up], [], [], left)[0]:
            os.read(wake_up, 512)
    return status


def _exit_status(program: int) -> int | None:
    """Return the exit status of a child, -n for a signal; None while it runs."""
    ended, status = os.waitpid(program, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _signal_group(program: int, number: int) -> None:
    """Send a signal to the program and all that it started: it leads its own session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
