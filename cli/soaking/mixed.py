"""A run of mixed load, with every process's usage at its start and end."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table

from cli.soaking.growth import Usage, grown, usage
from cli.soaking.load import Load, Tally
from cli.soaking.processes import family
from cli.soaking.rounds import Stage
from cli.soaking.survey import is_quiet

# Caches and pools fill at first; what counts is whether it goes on.
_LONGEST_WARM_UP = 60.0
_PATIENCE = 150.0


@dataclass(frozen=True)
class Mixed:
    """The work done, each process's usage before and after, and the faults."""

    minutes: float
    stored: int
    tally: Tally
    before: Mapping[int, Usage]
    after: Mapping[int, Usage]
    wrong: tuple[str, ...]


def mixed(stage: Stage, minutes: float, seed: int) -> Mixed:
    """Load the sandbox after a warm-up; measure it under load, and again once it is quiet."""
    report = stage.report
    assert report is not None, "the sandbox has ended by itself"  # noqa: S101
    with Load(stage.state, report, seed).running() as tally:
        time.sleep(min(_LONGEST_WARM_UP, minutes * 60 / 3))
        before, photos = usage(family(stage.state, report.pid)), len(tally.photos)
        time.sleep(minutes * 60)
    quiet = _wait_until_quiet(stage)
    after, stored = usage(family(stage.state, report.pid)), len(tally.photos) - photos
    wrong = [f"{what} ({count} times)" for what, count in tally.wrong.items()]
    wrong += grown(before, after, stored) + ([] if quiet else ["the sandbox was never quiet"])
    return Mixed(minutes, stored, tally, before, after, tuple(wrong))


def _wait_until_quiet(stage: Stage) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        report = stage.report
        if report is not None and is_quiet(report, stage.state):
            return True
        time.sleep(1)
    return False


def table(found: Mixed) -> Table:
    """Return the usage, before and after, of each process that ran throughout."""
    done = ", ".join(f"{count} {what}" for what, count in found.tally.done.items())
    title = f"{found.minutes:g} minutes: {done}; {found.stored} photos stored meanwhile"
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    drawn.add_column("process")
    for heading in ("PSS MB", "RSS MB", "threads", "open files"):
        drawn.add_column(heading, justify="right")
    both = sorted(found.before.keys() & found.after.keys(), key=lambda pid: found.after[pid].name)
    for pid in both:
        drawn.add_row(found.after[pid].name, *_pairs(found.before[pid], found.after[pid]))
    return drawn


def _pairs(before: Usage, after: Usage) -> list[str]:
    memory = [(before.pss, after.pss), (before.rss, after.rss)]
    plain = [(before.threads, after.threads), (before.descriptors, after.descriptors)]
    return [f"{old / 1024:.1f} - {new / 1024:.1f}" for old, new in memory] + [
        f"{old} - {new}" for old, new in plain
    ]
