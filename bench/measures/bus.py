"""Service Bus send, and receive with complete, against a proton server that checks nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.baseline import servers
from bench.client import client
from bench.endpoints import Azure, endpoints
from bench.figures import Figure, ratio_at_least
from bench.plan import Plan, rate
from bench.process import Process

_GOAL = ratio_at_least(0.8)
_TIMES = 300
_QUEUE = "SERVICEBUS_QUEUE_NAME"


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure messages a second, one by one, on plain AMQP and over WebSocket."""
    with endpoints(root) as azure:
        yield from _rows(plan, root, azure, azure.environments, azure.amqp_port)


def measure_bound(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the fastest server in Python in the sandbox's place: the bound of each row."""
    with (
        endpoints(root) as azure,
        servers(root, azure.deployment.bus.host, azure.deployment.vault.host, "bound") as bound,
    ):
        instead = {app: bound.instead(each) for app, each in azure.environments.items()}
        for figure in _rows(plan, root, azure, instead, bound.amqp_port):
            yield replace(figure, what=f"{figure.what}: the bound", goals=())


def _rows(
    plan: Plan, root: Path, azure: Azure, environments: Mapping[str, Mapping[str, str]], port: int
) -> Iterator[Figure]:
    """Measure the server of `environments` and `port` against the baseline."""
    host, vault = azure.deployment.bus.host, azure.deployment.vault.host
    sends, receives = environments["gateway"], environments["thumbnailer"]
    with (
        servers(root, host, vault) as baseline,
        client(sends, root) as sender,
        client(receives, root) as receiver,
        client(baseline.instead(sends), root) as other_sender,
        client(baseline.instead(receives), root) as other_receiver,
    ):
        for name, ports in (("AMQP", (port, baseline.amqp_port)), ("WS", (0, 0))):
            where = [{"host": host, "queue": sends[_QUEUE], "port": port} for port in ports]
            lines = [(sender, receiver, where[0]), (other_sender, other_receiver, where[1])]
            yield from _send_and_receive(plan, name, lines)


def _send_and_receive(
    plan: Plan, transport: str, lines: list[tuple[Process, Process, dict[str, object]]]
) -> Iterator[Figure]:
    """Measure a send and its receive; a first message opens the links."""
    times = plan.times(_TIMES)
    for sender, receiver, where in lines:
        sender.ask(do="bus-send", **where, times=1)
        receiver.ask(do="bus-receive", **where, times=1)

    def send(line: int) -> float:
        sender, _, where = lines[line]
        return rate(times, sender.ask(do="bus-send", **where, times=times))

    def receive(line: int) -> float:
        _, receiver, where = lines[line]
        return rate(times, receiver.ask(do="bus-receive", **where, times=times))

    for name, once in (("send", send), ("receive, complete", receive)):
        what = f"bus {name}, {transport}"
        ours, baseline = plan.interleave(what, partial(once, 0), partial(once, 1))
        yield Figure(what, "/s", ours, baseline, (_GOAL,), times=times)
