"""Service Bus send, and receive with complete, against a proton server that checks nothing.

The bound is bench/bound/bus.py, which stores each message. It is faster than proton, whose objects
for each frame it saves.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.baseline import servers
from bench.client import client
from bench.endpoints import endpoints
from bench.figures import Figure, ratio_at_least
from bench.plan import Plan, rate
from bench.process import Process

_GOAL = ratio_at_least(0.8)
_TIMES = 300
_QUEUE = "SERVICEBUS_QUEUE_NAME"


@dataclass(frozen=True)
class _Clients:
    """The clients of one server, and the queue that they use."""

    sender: Process
    receiver: Process
    where: Mapping[str, object]

    def send(self, times: int) -> float:
        """Return the messages a second of as many sends."""
        return rate(times, self.sender.ask(do="bus-send", **self.where, times=times))

    def receive(self, times: int) -> float:
        """Return the messages a second of as many receives, each completed."""
        return rate(times, self.receiver.ask(do="bus-receive", **self.where, times=times))


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure messages a second, one by one, on plain AMQP and over WebSocket."""
    with endpoints(root) as azure, ExitStack() as stack:
        host, vault = azure.deployment.bus.host, azure.deployment.vault.host
        baseline = stack.enter_context(servers(root, host, vault))
        bound = stack.enter_context(servers(root, host, vault, "bound"))
        sends, receives = azure.environments["gateway"], azure.environments["thumbnailer"]
        pairs = [(sends, receives)]
        pairs += [(each.instead(sends), each.instead(receives)) for each in (baseline, bound)]
        start = partial(client, root=root)
        clients = [
            (stack.enter_context(start(sending)), stack.enter_context(start(receiving)))
            for sending, receiving in pairs
        ]
        for name, ports in (
            ("AMQP", (azure.amqp_port, baseline.amqp_port, bound.amqp_port)),
            ("WS", (0, 0, 0)),
        ):
            sides = [
                _Clients(sender, receiver, {"host": host, "queue": sends[_QUEUE], "port": port})
                for (sender, receiver), port in zip(clients, ports, strict=True)
            ]
            yield from _send_and_receive(plan, name, sides)


def _send_and_receive(plan: Plan, transport: str, sides: Sequence[_Clients]) -> Iterator[Figure]:
    """Measure a send and its receive; a first message opens the links."""
    times = plan.times(_TIMES)
    for each in sides:
        each.send(1)
        each.receive(1)
    for name, once in (("send", _Clients.send), ("receive, complete", _Clients.receive)):
        what = f"bus {name}, {transport}"
        turns = (partial(once, each, times) for each in sides)
        ours, baseline, bound = plan.interleave(what, *turns)
        yield Figure(what, "/s", ours, baseline, (_GOAL,), times=times, bound=bound)
