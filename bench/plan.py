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

    def interleave(
        self, what: str, ours: Callable[[], float], baseline: Callable[[], float]
    ) -> tuple[Samples, Samples]:
        """Return one value a run of each, in turns, so that drift affects both."""
        found: dict[bool, list[float]] = {True: [], False: []}
        for number in self._rounds(what):
            for first in (True, False) if number % 2 else (False, True):
                found[first].append(ours() if first else baseline())
        return Samples.of(found[True]), Samples.of(found[False])

    def _rounds(self, what: str) -> Sequence[int]:
        self.on_progress(what)
        return range(self.runs)


def rate(times: int, seconds: float) -> float:
    """Return operations a second."""
    return times / seconds
