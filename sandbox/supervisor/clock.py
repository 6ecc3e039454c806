"""A clock for tokens: who gives them out and who judges them must agree, whatever is set."""

import time
from collections.abc import Callable


def never_back(
    wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
) -> Callable[[], float]:
    """Seconds since the epoch that follow the machine's clock forward, and go on evenly else.

    A clock that is set back would make every token that was given out one of the future.
    """
    furthest = wall() - steady()

    def now() -> float:
        nonlocal furthest
        furthest = max(furthest, wall() - steady())
        return steady() + furthest

    return now
