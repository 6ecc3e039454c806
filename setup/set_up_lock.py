"""One set-up at a time in one project folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from setup.paths import OWN_FOLDER, OWNED_MARK, VENV
from setup.steps import say


@dataclass(frozen=True)
class SetUpLock:
    """A lock on the set-up; it is released when the last process closes the descriptor.

    `waited` says whether another set-up ended first, which may have done all the work.
    """

    descriptor: int
    waited: bool


@contextmanager
def one_at_a_time() -> Iterator[SetUpLock]:
    """Wait until no other set-up of this folder runs. Raises OSError."""
    _make_place()
    descriptor = os.open(OWN_FOLDER / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield SetUpLock(descriptor, _taken_after_waiting(descriptor))
    finally:
        os.close(descriptor)


def _make_place() -> None:
    """Create the folder of stamps; mark the environment as ours unless another tool made it."""
    ours = not VENV.exists() or not any(VENV.iterdir())
    OWN_FOLDER.mkdir(parents=True, exist_ok=True)
    if ours:
        OWNED_MARK.touch()


def _taken_after_waiting(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another set-up of this folder is running; this one continues when it has ended.")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True
    except OSError:
        pass  # some network file systems have no locks
    return False
