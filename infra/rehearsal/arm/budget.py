"""The bounds of the work that a template may ask for."""

from infra.rehearsal.arm.errors import TooMuchError

# Ours takes a thirtieth of these steps; public templates of fifty resources take a two hundredth.
_WORK = 1_000_000
_DEEPEST = 110
_LONGEST_TEXT = 4 * 1024 * 1024  # the size of a whole template, by Azure's limits
_MOST_ELEMENTS = 100_000


class Budget:
    """Counts work and depth. Every method raises TooMuchError, which names the exceeded limit."""

    def __init__(self, work: int = _WORK) -> None:
        self._left = work
        self._depth = 0

    def spend(self, work: int = 1) -> None:
        """Note work: a value looked at, a function called."""
        self._left -= work
        if self._left < 0:
            raise TooMuchError("working out this template takes more steps than a rehearsal has")

    def enter(self) -> None:
        """Go a level deeper: into an expression, a variable, a function, a nested deployment."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TooMuchError(f"something is nested or refers to itself more than {_DEEPEST} deep")

    def leave(self) -> None:
        """Come back from where `enter` went, also when that failed."""
        self._depth -= 1

    def sized(self, value: object) -> None:
        """Refuse a value that is too large to go on with."""
        if isinstance(value, str) and len(value) > _LONGEST_TEXT:
            raise TooMuchError(f"a text is longer than {_LONGEST_TEXT} characters")
        if isinstance(value, list | dict) and len(value) > _MOST_ELEMENTS:
            raise TooMuchError(f"a value has more than {_MOST_ELEMENTS} elements")
