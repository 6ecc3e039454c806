"""One bench at a time, at the lowest priority for memory."""

import fcntl
import os
import tempfile
from binascii import crc32
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.process import BenchError
from sandbox.state import PROJECT

_OUT_OF_MEMORY = Path("/proc/self/oom_score_adj")


@contextmanager
def alone() -> Iterator[None]:
    """Refuse a second bench of this project: each would measure the other, in half the memory.

    Raises BenchError if one is running.
    """
    name = f"keyless-bench-{os.geteuid()}-{crc32(str(PROJECT).encode()):08x}"
    descriptor = os.open(
        Path(tempfile.gettempdir(), name), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600
    )
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def give_way() -> None:
    """Let the kernel end this process and its children first when memory runs out.

    https://docs.kernel.org/filesystems/proc.html#proc-pid-oom-adj-proc-pid-oom-score-adj
    """
    with suppress(OSError):
        _OUT_OF_MEMORY.write_text("1000", "utf-8")


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        said = "another bench is running here, and two would measure each other; wait for its end"
        raise BenchError(said) from None
