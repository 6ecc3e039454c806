"""Faults that tests inject into the partner through the state folder.

With {"answer": 503, "times": 2, "retry_after": 1} in `partner-mood.json`, the next two calls get
that answer without verification. The answer "hang" holds a call until the caller gives up.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from sandbox.state import State

FILE = "partner-mood.json"


@dataclass(frozen=True)
class Fault:
    """An answer for the next calls, and the seconds in its Retry-After header."""

    answer: int | Literal["hang"]
    times: int = 1
    retry_after: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an answer that is not an error."""
        if self.answer != "hang" and not 400 <= self.answer <= 599:
            raise ValueError(f"a fault answers 400 to 599, or hang: {self.answer}")


def inject(state: State, fault: Fault) -> None:
    """Answer the next calls with `fault`. Raises OSError if it cannot be written."""
    state.write_json(FILE, asdict(fault))


def take(state: State) -> Fault | None:
    """Return the fault for one call, and count it; None if there is none.

    Raises ValueError or TypeError if the file holds no fault.
    """
    written = state.read_json(FILE)
    fault = Fault(**written) if written else None
    if fault is None or fault.times < 1:
        return None
    inject(state, replace(fault, times=fault.times - 1))
    return fault
