"""Delivery of waiting messages to the receivers with credit, in turn."""

from collections import deque
from typing import Protocol

from sandbox.servicebus.serve.subqueue import Source


class Consumer(Protocol):
    """A receiver of a subqueue's messages, or of a session's."""

    @property
    def wants_message(self) -> bool:
        """Return whether it can take a message now."""

    def deliver(self) -> bool:
        """Take one message. Return whether there was one."""

    def on_empty(self) -> None:
        """React to a source without messages that wait."""


class Dispatcher:
    """The receivers of each source, and the sources that may have messages for them."""

    def __init__(self) -> None:
        self._consumers: dict[Source, deque[Consumer]] = {}
        self._ready: dict[Source, None] = {}

    def attach(self, source: Source, consumer: Consumer) -> None:
        """Add a receiver to a source."""
        self._consumers.setdefault(source, deque()).append(consumer)

    def detach(self, source: Source, consumer: Consumer) -> None:
        """Remove a receiver from a source."""
        consumers = self._consumers.get(source, deque())
        if consumer in consumers:
            consumers.remove(consumer)
        if not consumers:
            self._consumers.pop(source, None)

    def mark_ready(self, source: Source) -> None:
        """Look at a source in the next `dispatch`: it has a new message, or a receiver credit."""
        self._ready[source] = None

    def dispatch(self) -> None:
        """Deliver as many messages as there is credit for, one to each receiver in turn."""
        while self._ready:
            source = next(iter(self._ready))
            del self._ready[source]
            consumers = self._consumers.get(source)
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
