"""The lock of a state folder: one sandbox at a time, released whenever its process ends.

A process id alone would prove nothing: after a `kill -9` another process may have it.
"""

import errno
import fcntl
import os
import time
from contextlib import suppress

from sandbox.state import State

_FILE = "lock"
# Looking for the holder takes the lock for a moment, so `take` tries several times.
_TRIES, _PAUSE = 20, 0.01
# Between taking the lock and writing its id, a sandbox leaves the id of an earlier one, or none. So
# an id without a process is read again; it stays the answer, since a container has ids of its own.
_LOOKS = 3


class TakenError(RuntimeError):
    """Another sandbox has this state folder."""


def take(state: State) -> None:
    """Take the lock for as long as this process lives. Raises TakenError or OSError."""
    descriptor = os.open(state.path(_FILE), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, state)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except BaseException:
        os.close(descriptor)
        raise


def holder(state: State) -> int | None:
    """Return the id of the process whose sandbox runs, starts or ends on `state`, or None.

    Raises OSError if the lock cannot be read.
    """
    try:
        descriptor = os.open(state.path(_FILE), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        for _ in range(_LOOKS):
            if _is_free(descriptor):
                return None
            written = os.pread(descriptor, 32, 0)
            if written.isdigit() and _lives(int(written)):
                break
            time.sleep(_PAUSE)
    finally:
        os.close(descriptor)
    return int(written) if written.isdigit() else None


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return error.errno == errno.EPERM  # another user's
    return True


def _lock(descriptor: int, state: State) -> None:
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_PAUSE)
    raise TakenError(f"a sandbox is already running on {state.root}")
