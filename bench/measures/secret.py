"""Reading a secret, against a server that returns a constant behind the same TLS and proxy."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.baseline import servers
from bench.client import client
from bench.endpoints import endpoints
from bench.figures import Figure, ratio_at_least
from bench.plan import Plan, rate
from bench.process import Process

_GOAL = ratio_at_least(0.8)
_SERVICE, _NAME = "notifier", "WEBHOOK_SECRET_NAME"
_TIMES = 300


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure reads a second, one by one and 16 at once."""
    with endpoints(root) as azure:
        host, environment = azure.deployment.vault.host, azure.environments[_SERVICE]
        with (
            servers(root, azure.deployment.bus.host, host) as baseline,
            client(environment, root) as ours,
            client(baseline.instead(environment), root) as theirs,
        ):
            for width in (1, 16):
                yield _figure(plan, width, (ours, theirs), f"https://{host}", environment[_NAME])


def _figure(
    plan: Plan, width: int, clients: tuple[Process, Process], url: str, secret: str
) -> Figure:
    times = plan.times(_TIMES)

    def once(process: Process) -> float:
        work = {"url": url, "secret": secret, "width": width}
        return rate(times, process.ask(do="secret-get", **work, times=times))

    for each in clients:
        each.ask(do="secret-get", url=url, secret=secret, times=32, width=width)
    what = f"secret get, {'one by one' if width == 1 else f'{width} at once'}"
    ours, baseline = plan.interleave(what, *(partial(once, each) for each in clients))
    return Figure(what, "/s", ours, baseline, (_GOAL,), times=times)
