"""A clock for tokens: who gives them out and who judges them must agree, whatever is set."""

import math
import time
from collections.abc import Callable


class NeverBack:
    """Seconds since the epoch that follow the machine's clock forward, and go on evenly else.

    A clock that is set back would make every token that was given out one of the future.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        origin: float = -math.inf,
    ) -> None:
        """`origin` is another's, in another process of this machine: no clock is behind it."""
        self._wall = wall
        self._steady = steady
        self._origin = origin

    @property
    def origin(self) -> float:
        """What it would have shown when the clock that cannot be set was at 0."""
        self._origin = max(self._origin, self._wall() - self._steady())
        return self._origin

    def __call__(self) -> float:
        """Return the time."""
        return self._steady() + self.origin
