"""The clock for issuing and verifying tokens."""

import math
import time
from collections.abc import Callable


class MonotonicClock:
    """Seconds since the epoch; follows the machine's clock forward, but never back.

    After a step back, every issued token would lie in the future.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        origin: float = -math.inf,
    ) -> None:
        """`origin` is that of another process on this machine; this clock is never behind it."""
        self._wall = wall
        self._steady = steady
        self._origin = origin

    @property
    def origin(self) -> float:
        """The time at which the machine's monotonic clock was 0."""
        self._origin = max(self._origin, self._wall() - self._steady())
        return self._origin

    def __call__(self) -> float:
        """Return the time."""
        return self._steady() + self.origin
