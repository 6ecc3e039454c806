"""From an upload to its thumbnail, one by one and concurrently, and the resource that limits it."""

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure, Samples
from bench.photos import Gallery
from bench.plan import Plan
from bench.processes import cpu_by_role, tree
from bench.whole import whole

_AT_ONCE = 16
# Together they stay below the gateway's own limit of 300 uploads in a burst.
_ALONE, _TOGETHER = 10, 32
_TAKES_LONG = 5
_CLIENT = "this client"


@dataclass(frozen=True)
class _Round:
    """The seconds of each photo and of all, and the processor time by process."""

    each: tuple[float, ...]
    seconds: float
    cpu: Mapping[str, float]


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure seconds (median and 95th percentile) and photos a second."""
    plan = plan.fewer(_TAKES_LONG)
    with whole(root / "state") as sandbox:
        gallery = Gallery(sandbox.report.gallery)
        gallery.seconds_to_thumbnail()
        for width, full in ((1, _ALONE), (_AT_ONCE, _TOGETHER)):
            times = max(plan.times(full), width)
            label = f"{width} at once" if width > 1 else "one by one"
            plan.on_progress(f"upload to thumbnail, {label}")
            rounds = [_round(gallery, times, width, sandbox.report.pid) for _ in range(plan.runs)]
            yield from _waits(rounds, times, label)
        rates = Samples.of([len(each.each) / each.seconds for each in rounds])
        yield Figure("photos at saturation", "/s", rates, note=_limit(rounds), times=times)


def _round(gallery: Gallery, times: int, width: int, pid: int) -> _Round:
    before, own, begun = tree(pid), time.process_time(), time.monotonic()
    with ThreadPoolExecutor(width) as pool:
        found = tuple(pool.map(lambda _: gallery.seconds_to_thumbnail(), range(times)))
    seconds = time.monotonic() - begun
    cpu = {**cpu_by_role(before, tree(pid)), _CLIENT: time.process_time() - own}
    return _Round(found, seconds, cpu)


def _waits(rounds: list[_Round], times: int, label: str) -> Iterator[Figure]:
    for name, of in (("median", statistics.median), ("95th percentile", percentile_95)):
        values = Samples.of([of(each.each) for each in rounds])
        yield Figure(f"upload to thumbnail, {label}, {name}", "s", values, times=times)


def percentile_95(values: tuple[float, ...]) -> float:
    """Return the 95th percentile by the nearest rank."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


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
