"""All measures, by their names for --only."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.figures import Figure
from bench.measures import (
    blob,
    bus,
    denial,
    gallery,
    memory,
    rbac,
    secret,
    start,
    suite,
    upload,
)
from bench.plan import Plan
from bench.process import BenchError

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
    "suite": suite.measure,
}


def measure(names: Sequence[str], plan: Plan) -> Iterator[Figure]:
    """Yield the figures of `names`, each measured on a sandbox of its own.

    A measure that fails yields a figure with its error, and the others follow. Raises KeyError
    for an unknown name.
    """
    for name in names:
        taken = MEASURES[name]
        with tempfile.TemporaryDirectory(prefix="keyless-bench-") as folder:
            try:
                yield from taken(plan, Path(folder))
            except Exception as error:  # whatever it is: the others may be an hour's work
                yield Figure(name, "", None, failure=_in_words(error))


def _in_words(error: Exception) -> str:
    kind = "" if isinstance(error, BenchError) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{error}".split())
