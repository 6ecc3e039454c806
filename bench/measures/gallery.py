"""A page of a large gallery, against one of a small gallery.

The index is copied from the one that the catalog wrote for a real photo, under the catalog's own
rights: 10,000 uploads would take an hour and end in the same blobs.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from bench.client import client
from bench.figures import Figure, ratio_at_most
from bench.photos import Gallery
from bench.plan import Plan
from bench.process import BenchError
from bench.whole import Whole, whole
from sandbox.deployment import load
from sandbox.supervisor import minimal_environment

_FEW, _MANY = 100, 10_000
_TIMES = 30
_PAGE = 24


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the milliseconds of a page, from two sandboxes in turns."""
    many = plan.times(_MANY)
    with whole(root / "few") as one, whole(root / "many") as other:
        galleries = {_FEW: Gallery(one.report.gallery), many: Gallery(other.report.gallery)}
        for number, sandbox in ((_FEW, one), (many, other)):
            plan.on_progress(f"an index of {number:,} photos")
            galleries[number].show_one()
            _fill(sandbox, number - 1)
        what, times = f"gallery, a page of {_PAGE}", plan.times(_TIMES)
        ours, baseline = plan.interleave(
            what,
            lambda: _milliseconds(galleries[many], times),
            lambda: _milliseconds(galleries[_FEW], times),
        )
        note = f"{many:,} photos; the baseline is the same at {_FEW}"
        yield Figure(what, "ms", ours, baseline, (ratio_at_most(1.5),), note, times)


def _fill(sandbox: Whole, copies: int) -> None:
    deployment = load(sandbox.state)
    service = sandbox.report.service("catalog")
    environment = {**minimal_environment(sandbox.state.folder("home")), **service.environment}
    container = environment["STORAGE_CATALOG_CONTAINER"]
    with client(environment, sandbox.state.root) as process:
        endpoint = f"https://{deployment.storage.host}"
        process.ask(do="index-clone", endpoint=endpoint, container=container, copies=copies)


def _milliseconds(gallery: Gallery, times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        if len(gallery.page(_PAGE)["photos"]) != _PAGE:
            raise BenchError("the page is not full")
    return (time.perf_counter() - begun) / times * 1000
