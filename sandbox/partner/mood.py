"""How the partner is told to be out of order, by whoever may write to the state folder.

`partner-mood.json` holds {"answer": 503, "times": 2, "retry_after": 1}: the next two calls get that
answer, unverified. "hang" for an answer holds a call until the caller gives up.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from sandbox.state import State

FILE = "partner-mood.json"


@dataclass(frozen=True)
class Mood:
    """An answer for the next calls, and after how many seconds it asks to be tried again."""

    answer: int | Literal["hang"]
    times: int = 1
    retry_after: int | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an answer that is no refusal."""
        if self.answer != "hang" and not 400 <= self.answer <= 599:
            raise ValueError(f"a partner out of order answers 400 to 599 or hang: {self.answer}")


def behave(state: State, mood: Mood) -> None:
    """Have the next calls answered as `mood` says. Raises OSError if that cannot be written."""
    state.write_json(FILE, asdict(mood))


def take(state: State) -> Mood | None:
    """The mood for one call, used up by it; None for the good one.

    Raises ValueError or TypeError if the file says nothing that a mood could be.
    """
    told = state.read_json(FILE)
    mood = Mood(**told) if told else None
    if mood is None or mood.times < 1:
        return None
    behave(state, replace(mood, times=mood.times - 1))
    return mood
