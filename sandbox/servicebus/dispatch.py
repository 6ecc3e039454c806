"""Hands waiting messages to the receivers that have asked for some, in turn."""

from collections import deque
from typing import Protocol

from sandbox.servicebus.serve.subqueue import Subqueue


class Consumer(Protocol):
    """A receiver on a subqueue."""

    @property
    def wants(self) -> bool:
        """Whether it can take a message now."""

    def deliver(self) -> bool:
        """Take one message; whether there was one."""

    def exhausted(self) -> None:
        """Nothing more waits."""


class Dispatcher:
    """Knows who receives from what, and which subqueues have something to hand out."""

    def __init__(self) -> None:
        self._consumers: dict[Subqueue, deque[Consumer]] = {}
        self._ready: dict[Subqueue, None] = {}

    def attach(self, subqueue: Subqueue, consumer: Consumer) -> None:
        """Let `consumer` receive from `subqueue`."""
        self._consumers.setdefault(subqueue, deque()).append(consumer)

    def detach(self, subqueue: Subqueue, consumer: Consumer) -> None:
        """Let it receive no more."""
        consumers = self._consumers.get(subqueue, deque())
        if consumer in consumers:
            consumers.remove(consumer)

    def mark(self, subqueue: Subqueue) -> None:
        """Something may have to be handed out here."""
        self._ready[subqueue] = None

    def dispatch(self) -> None:
        """Hand out all that can be, one message to each receiver in turn."""
        while self._ready:
            subqueue = next(iter(self._ready))
            del self._ready[subqueue]
            consumers = self._consumers.get(subqueue)
            if consumers:
                _hand_out(consumers)


def _hand_out(consumers: deque[Consumer]) -> None:
    refused = 0
    while refused < len(consumers):
        consumer = consumers[0]
        consumers.rotate(-1)
        if not consumer.wants:
            refused += 1
        elif consumer.deliver():
            refused = 0
        else:
            break
    for consumer in consumers:
        consumer.exhausted()
