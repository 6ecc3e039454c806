"""The time until a client has a denial that is on record."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.client import client
from bench.endpoints import endpoints
from bench.figures import Figure, at_most
from bench.plan import Plan
from bench.process import Process

_GOAL = at_most(50)
_TIMES = 50
# It may create originals, and neither read them nor any secret.
_SERVICE, _CONTAINER = "gateway", "STORAGE_ORIGINALS_CONTAINER"


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the milliseconds for a blob and a secret by the SDK, on an open connection."""
    with endpoints(root) as azure, client(azure.environments[_SERVICE], root) as process:
        deployment, gateway = azure.deployment, azure.environments[_SERVICE]
        secret = azure.environments["notifier"]["WEBHOOK_SECRET_NAME"]
        blob = {"do": "blob-denied", "endpoint": f"https://{deployment.storage.host}"}
        blob |= {"container": gateway[_CONTAINER]}
        vault = {"do": "secret-denied", "url": f"https://{deployment.vault.host}"}
        for name, work in (("blob", blob), ("secret", vault | {"secret": secret})):
            yield _figure(plan, name, process, work)


def _figure(plan: Plan, name: str, process: Process, work: dict[str, str]) -> Figure:
    times = plan.times(_TIMES)
    process.ask(**work, times=1)

    def once() -> float:
        seconds: list[float] = process.ask(**work, times=times)
        return statistics.median(seconds) * 1000

    what = f"denial answered, {name}"
    return Figure(what, "ms", plan.repeat(what, once), goals=(_GOAL,), times=times)
