"""The lab that the sandbox was started for, as the page shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.deployment import Deployment
from sandbox.state import State


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: whether the lab is solved, and the check's text."""

    passed: bool
    text: str


@dataclass(frozen=True)
class OpenLab:
    """A lab that is open, with the learner's progress.

    `because` has the answer to the question once the lab is solved. `goal` is the deployment
    without the fault. `hint` gives the next hint, `check` proves the lab, which takes seconds.
    """

    number: int
    title: str
    concept: str
    minutes: int
    story: str
    question: str
    predicted: bool | None
    because: str
    hints: tuple[str, ...]
    hints_in_all: int
    solved: bool
    goal: Deployment
    hint: Callable[[], object]
    check: Callable[[], Checked]


# It returns the lab of a sandbox's state; None for a sandbox of no lab. Raises ValueError, OSError.
ReadLab = Callable[[State], OpenLab | None]


def no_lab(_: State) -> None:
    """Return None: a sandbox that no course has started is no lab's."""
