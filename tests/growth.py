"""Assertions on how the cost of work grows with its input: by steps, or by a ratio of two sizes."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress

# Linear work on eight times the input takes about eight times as long; quadratic work, 64 times.
FACTOR = 8
LINEAR = 24


def check_steps(work: Callable[[], object], at_most: int, *expected: type[Exception]) -> None:
    """Raises AssertionError as soon as `work` makes more calls, of Python's functions or of C's."""
    count = 0

    def on(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")
        assert count <= at_most, f"more than {at_most} steps"

    before = sys.getprofile()
    sys.setprofile(on)
    try:
        with suppress(*expected):
            work()
    finally:
        sys.setprofile(before)


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return how much longer the work made for 8 times `size` takes than the one made for `size`.

    Of the processor's time, and of the best of three: another machine gives the same ratio.
    """
    return _best(work(size * FACTOR)) / _best(work(size))


def _best(work: Callable[[], object]) -> float:
    def once() -> float:
        started = time.thread_time()
        with suppress(Exception):
            work()
        return time.thread_time() - started

    return max(min(once() for _ in range(3)), 1e-6)
