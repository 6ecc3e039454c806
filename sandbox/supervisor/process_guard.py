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
import subprocess
import sys
from contextlib import suppress


def main(arguments: list[str]) -> int:
    """Run the program until it or stdin ends. Return its exit status, 128+n for a signal."""
    grace, lock, command = float(arguments[0]), arguments[1], arguments[2:]
    held = [_locked(lock)] if lock else []
    wake_up, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Ctrl-C, the end of a terminal and `timeout` reach every process of a group, but only the
    # sandbox decides when to stop. Without this guard the program would outlive both.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the program would inherit
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=held
    )
    while program.poll() is None:
        readable, _, _ = select.select([sys.stdin, wake_up], [], [])
        if wake_up in readable:
            os.read(wake_up, 512)
        if sys.stdin in readable:
            _end(program, grace if os.read(sys.stdin.fileno(), 1) else 0)
    _signal_group(program, signal.SIGKILL)
    return program.returncode if program.returncode >= 0 else 128 - program.returncode


def _locked(path: str) -> int:
    """Take the lock, which ends with the last process that has this descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _end(program: "subprocess.Popen[bytes]", grace: float) -> None:
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(grace)
    except subprocess.TimeoutExpired:
        _signal_group(program, signal.SIGKILL)
        program.wait()


def _signal_group(program: "subprocess.Popen[bytes]", number: int) -> None:
    """Send a signal to the program and all that it started: it leads its own session."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
