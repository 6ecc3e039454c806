"""How much is measured: how often, how many operations a run, and who is told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.figures import Samples


@dataclass(frozen=True)
class Plan:
    """`runs` of each figure; a quick one holds a tenth of the operations, and proves no figure."""

    runs: int
    quick: bool
    told: Callable[[str], None]

    def times(self, full: int) -> int:
        """How many operations a run holds."""
        return max(full // 10, 1) if self.quick else full

    def fewer(self, at_most: int) -> "Plan":
        """The same with no more runs than that, for what takes long."""
        return Plan(min(self.runs, at_most), self.quick, self.told)

    def repeat(self, what: str, once: Callable[[], float]) -> Samples:
        """One value a run."""
        return Samples.of([once() for _ in self._rounds(what)])

    def interleave(
        self, what: str, ours: Callable[[], float], baseline: Callable[[], float]
    ) -> tuple[Samples, Samples]:
        """One value a run of each, in turns, so that what drifts on the machine drifts for both."""
        found: dict[bool, list[float]] = {True: [], False: []}
        for number in self._rounds(what):
            for first in (True, False) if number % 2 else (False, True):
                found[first].append(ours() if first else baseline())
        return Samples.of(found[True]), Samples.of(found[False])

    def _rounds(self, what: str) -> Sequence[int]:
        self.told(what)
        return range(self.runs)


def rate(times: int, seconds: float) -> float:
    """Operations a second."""
    return times / seconds
