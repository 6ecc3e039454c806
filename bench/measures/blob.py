"""Blob get and put, against the same SDK on a bare Azurite, by HTTP and the account's key.

The bare Azurite needs no TLS, proxy, token, decision or audit: the ratio is their cost. By py-spy,
this repository's code is a fifth of the sandbox's processor time for a small get; the rest is
aiohttp, as a server and as a client, asyncio and TLS. The bound is a hop without any of it but TLS.
"""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.bound.blob import hop
from bench.client import client
from bench.endpoints import endpoints
from bench.figures import Figure, ratio_at_least
from bench.plan import Plan, rate
from bench.process import Process
from sandbox.deployment import StorageAccount
from sandbox.state import State
from sandbox.storage import Azurite, free_port

# A client, and the container that it works on.
_Side = tuple[Process, dict[str, Any]]

# The thumbnailer may read and write here.
_SERVICE, _CONTAINER = "thumbnailer", "STORAGE_THUMBNAILS_CONTAINER"
_GOAL = ratio_at_least(0.8)
_KIB = 1024
_SMALL = "most of the difference is a second hop and TLS, which a small blob spreads over few bytes"


@dataclass(frozen=True)
class _Case:
    size: int
    label: str
    width: int
    times: int

    def __str__(self) -> str:
        return f"{self.label}, {f'{self.width} at once' if self.width > 1 else 'one by one'}"


_CASES = (
    _Case(4 * _KIB, "4 KiB", 1, 200),
    _Case(4 * _KIB, "4 KiB", 16, 400),
    _Case(4 * _KIB * _KIB, "4 MiB", 1, 20),
    _Case(4 * _KIB * _KIB, "4 MiB", 16, 48),
)


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure puts and gets a second, for each size and width."""
    with (
        endpoints(root) as azure,
        bare(azure.deployment.storage, root) as azurite,
        hop(azurite, root) as bound,
    ):
        environment = azure.environments[_SERVICE]
        container = environment[_CONTAINER]
        ours = {"endpoint": f"https://{azure.deployment.storage.host}", "container": container}
        theirs = {"endpoint": f"http://127.0.0.1:{azurite.port}/{azurite.account}"}
        theirs |= {"container": container, "key": azurite.key}
        with (
            client(environment, root) as one,
            client(environment, root) as other,
            client(bound.instead(environment), root) as fastest,
        ):
            sides = [(one, ours), (other, theirs), (fastest, ours)]
            for process, where in sides:
                process.ask(do="blob-warm", **where)
            for case in _CASES:
                for what in ("put", "get"):
                    yield _figure(plan, what, case, sides)


@contextmanager
def bare(account: StorageAccount, root: Path) -> Iterator[Azurite]:
    """Run Azurite without a sandbox, with the same command line and containers."""
    folder = State.open(root / "bare").root
    azurite = Azurite(account.name, account.host, folder, free_port())
    process = subprocess.Popen(
        azurite.command(), env=dict(azurite.environment()), stdout=subprocess.DEVNULL
    )
    try:
        asyncio.run(azurite.wait())
        asyncio.run(azurite.prepare(account.containers))
        yield azurite
    finally:
        process.terminate()
        process.wait()


def _figure(plan: Plan, what: str, case: _Case, sides: list[_Side]) -> Figure:
    """Measure one case for each side: the sandbox, the bare Azurite, and the bound."""
    times = plan.times(case.times)

    def once(process: Process, where: dict[str, Any]) -> float:
        work = {"size": case.size, "times": times, "width": case.width}
        return rate(times, process.ask(do=f"blob-{what}", **where, **work))

    if what == "get":
        for process, where in sides:
            process.ask(do="blob-put", **where, size=case.size, times=16, width=1)
    name = f"blob {what} {case}"
    ours, theirs, bound = plan.interleave(name, *(partial(once, *each) for each in sides))
    note = _SMALL if case.size == 4 * _KIB and case.width == 1 else ""
    return Figure(name, "/s", ours, theirs, (_GOAL,), note, times, bound=bound)
