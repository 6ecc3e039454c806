"""From an upload to its thumbnail, one by one and concurrently, and the resource that limits it."""

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.arrivals import Arrivals, followed
from bench.bound.thumbnail import photos_a_second
from bench.figures import Figure, Goal, Samples, at_least, at_most
from bench.photos import Gallery
from bench.plan import Plan
from bench.process import BenchError
from bench.processes import cpu_by_role, tree
from bench.whole import whole

_AT_ONCE = 16
# Together they stay below the gateway's own limit of 300 uploads in a burst.
_ALONE, _TOGETHER = 10, 48
_TAKES_LONG = 5
_CLIENT = "this client"
_CATALOG = "logs/catalog.log"
_GOAL, _GOAL_OF_RATE = at_most(2), at_least(12)
_BOUND_TIMES = 20


@dataclass(frozen=True)
class _Round:
    """The seconds of each photo and of all, and the processor time by process."""

    each: tuple[float, ...]
    seconds: float
    cpu: Mapping[str, float]


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure seconds (median and 95th percentile) and photos a second."""
    plan = plan.fewer(_TAKES_LONG)
    bound = plan.repeat("thumbnails alone", lambda: photos_a_second(plan.times(_BOUND_TIMES)))
    with whole(root / "state") as sandbox, followed(sandbox.state.path(_CATALOG)) as arrivals:
        gallery = Gallery(sandbox.report.gallery)
        gallery.show_one()
        for width, full in ((1, _ALONE), (_AT_ONCE, _TOGETHER)):
            times = max(plan.times(full), width)
            label = f"{width} at once" if width > 1 else "one by one"
            plan.on_progress(f"upload to thumbnail, {label}")
            photos = _Photos(gallery, arrivals, times, width, sandbox.report.pid)
            rounds = [photos.round() for _ in range(plan.runs)]
            yield from _waits(rounds, times, label, goals=(_GOAL,) if width > 1 else ())
        rates = Samples.of([len(each.each) / each.seconds for each in rounds])
        goals, note = (_GOAL_OF_RATE,), f"{_cost(rounds)}; {_limit(rounds)}"
        yield Figure("photos at saturation", "/s", rates, None, goals, note, times, bound=bound)


@dataclass(frozen=True)
class _Photos:
    gallery: Gallery
    arrivals: Arrivals
    times: int
    width: int
    pid: int

    def round(self) -> _Round:
        """Upload photos and wait for each. Raises BenchError."""
        before, own, begun = tree(self.pid), time.process_time(), time.monotonic()
        with ThreadPoolExecutor(self.width) as pool:
            found = tuple(pool.map(lambda _: self._seconds_to_thumbnail(), range(self.times)))
        seconds = time.monotonic() - begun
        cpu = {**cpu_by_role(before, tree(self.pid)), _CLIENT: time.process_time() - own}
        return _Round(found, seconds, cpu)

    def _seconds_to_thumbnail(self) -> float:
        """Return the seconds from an upload until the gallery shows its thumbnail."""
        begun = time.monotonic()
        photo = self.gallery.upload()
        self.arrivals.wait_for(photo)
        if not self.gallery.has_thumbnail(photo):
            raise BenchError("the gallery does not show a photo that the catalog has recorded")
        return time.monotonic() - begun


def _waits(
    rounds: list[_Round], times: int, label: str, *, goals: tuple[Goal, ...]
) -> Iterator[Figure]:
    """Yield the median without a goal, and the 95th percentile."""
    for name, of, goals_of_it in (
        ("median", statistics.median, ()),
        ("95th percentile", percentile_95, goals),
    ):
        values = Samples.of([of(each.each) for each in rounds])
        what = f"upload to thumbnail, {label}, {name}"
        yield Figure(what, "s", values, goals=goals_of_it, times=times)


def percentile_95(values: tuple[float, ...]) -> float:
    """Return the 95th percentile by the nearest rank."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


def _cost(rounds: list[_Round]) -> str:
    """Return the processor time of a photo, which depends less on other work than the rate does."""
    seconds = sum(sum(each.cpu.values()) for each in rounds)
    return f"{seconds / sum(len(each.each) for each in rounds) * 1000:.0f} ms of a core each"


def _limit(rounds: list[_Round]) -> str:
    seconds = sum(each.seconds for each in rounds)
    roles = {role for each in rounds for role in each.cpu}
    spent = {role: sum(each.cpu.get(role, 0.0) for each in rounds) for role in roles}
    return limit_in_words({role: each / seconds for role, each in spent.items()}, os.cpu_count())


def limit_in_words(shares: Mapping[str, float], cores: int | None) -> str:
    """Return each process's share of a core, the largest first, and the limiting one."""
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    listed = ", ".join(f"{role} {share:.0%}" for role, share in ordered if share >= 0.01)
    whole_machine = sum(shares.values()) >= 0.9 * (cores or 1)
    limit = f"all {cores} cores, of which most goes to {ordered[0][0]}"
    if not whole_machine:
        busy = ordered[0][1] >= 0.8
        limit = ordered[0][0] if busy else "no processor: what is waited for"
    return f"limit: {limit}; of one core: {listed}"
