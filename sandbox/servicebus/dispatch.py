"""Delivery of waiting messages to the receivers with credit, in turn."""

from collections import deque
from typing import Protocol

from sandbox.servicebus.serve.subqueue import Subqueue


class Consumer(Protocol):
    """A receiver on a subqueue."""

    @property
    def wants_message(self) -> bool:
        """Return whether it can take a message now."""

    def deliver(self) -> bool:
        """Take one message. Return whether there was one."""

    def on_empty(self) -> None:
        """React to a subqueue without waiting messages."""


class Dispatcher:
    """The receivers of each subqueue, and the subqueues that may have messages for them."""

    def __init__(self) -> None:
        self._consumers: dict[Subqueue, deque[Consumer]] = {}
        self._ready: dict[Subqueue, None] = {}

    def attach(self, subqueue: Subqueue, consumer: Consumer) -> None:
        """Add a receiver to a subqueue."""
        self._consumers.setdefault(subqueue, deque()).append(consumer)

    def detach(self, subqueue: Subqueue, consumer: Consumer) -> None:
        """Remove a receiver from a subqueue."""
        consumers = self._consumers.get(subqueue, deque())
        if consumer in consumers:
            consumers.remove(consumer)

    def mark_ready(self, subqueue: Subqueue) -> None:
        """Look at a subqueue in the next `dispatch`: it has a new message, or a receiver credit."""
        self._ready[subqueue] = None

    def dispatch(self) -> None:
        """Deliver as many messages as there is credit for, one to each receiver in turn."""
        while self._ready:
            subqueue = next(iter(self._ready))
            del self._ready[subqueue]
            consumers = self._consumers.get(subqueue)
            if consumers:
                _deliver_in_turn(consumers)


def _deliver_in_turn(consumers: deque[Consumer]) -> None:
    # The receivers in a row that take nothing. It ends once that is all of them.
    full = 0
    while full < len(consumers):
        consumer = consumers[0]
        consumers.rotate(-1)
        if not consumer.wants_message:
            full += 1
        elif consumer.deliver():
            full = 0
        else:
            break
    for consumer in consumers:
        consumer.on_empty()
