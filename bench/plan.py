"""The extent of a measurement: runs, operations in a run, and progress messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.figures import Samples


@dataclass(frozen=True)
class Plan:
    """`runs` of each figure; a quick plan has a tenth of the operations, and measures nothing."""

    runs: int
    quick: bool
    on_progress: Callable[[str], None]

    def times(self, full: int) -> int:
        """Return the number of operations in a run."""
        return max(full // 10, 1) if self.quick else full

    def fewer(self, at_most: int) -> "Plan":
        """Return the same plan with at most that many runs, for slow measures."""
        return Plan(min(self.runs, at_most), self.quick, self.on_progress)

    def repeat(self, what: str, once: Callable[[], float]) -> Samples:
        """Return one value a run."""
        return Samples.of([once() for _ in self._rounds(what)])

    def interleave(self, what: str, *each: Callable[[], float]) -> tuple[Samples, ...]:
        """Return one value a run of each, in turns and both orders, so that drift affects all."""
        found: list[list[float]] = [[] for _ in each]
        for number in self._rounds(what):
            turns = list(zip(found, each, strict=True))
            for values, once in turns if number % 2 else reversed(turns):
                values.append(once())
        return tuple(map(Samples.of, found))

    def _rounds(self, what: str) -> Sequence[int]:
        self.on_progress(what)
        return range(self.runs)


def rate(times: int, seconds: float) -> float:
    """Return operations a second."""
    return times / seconds
