"""Every measurement, by the name that --only takes."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sandbox.bench.figures import Figure
from sandbox.bench.measures import (
    blob,
    bus,
    denial,
    gallery,
    memory,
    rbac,
    secret,
    start,
    upload,
)
from sandbox.bench.plan import Plan

Measure = Callable[[Plan, Path], Iterator[Figure]]

MEASURES: Mapping[str, Measure] = {
    "start": start.measure,
    "blob": blob.measure,
    "bus": bus.measure,
    "secret": secret.measure,
    "rbac": rbac.measure,
    "denial": denial.measure,
    "gallery": gallery.measure,
    "upload": upload.measure,
    "memory": memory.measure,
}


def measure(names: Sequence[str], plan: Plan) -> Iterator[Figure]:
    """The figures of `names`, each with a sandbox of its own that is gone afterwards.

    Raises BenchError if one cannot be taken, KeyError for a name that there is not.
    """
    for name in names:
        with tempfile.TemporaryDirectory(prefix="keyless-bench-") as folder:
            yield from MEASURES[name](plan, Path(folder))
