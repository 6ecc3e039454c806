"""The parts of the bus that all connections share, and the batch that they commit together."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from sandbox.audit import Gate
from sandbox.deployment import Namespace
from sandbox.entra import Caller
from sandbox.refusal import Refusal
from sandbox.servicebus.administration.subscription_rules import Managed
from sandbox.servicebus.authenticate import TokenPolicy
from sandbox.servicebus.dispatch import Dispatcher
from sandbox.servicebus.limits import Limits, Usage
from sandbox.servicebus.name import Directory
from sandbox.servicebus.serve.broker import Broker

# It returns the error for a caller whose links and messages are not taken now, else None.
Throttle = Callable[[Caller], Refusal | None]


def take_all(_: Caller) -> None:
    """Throttle no caller."""


class _Flushable(Protocol):
    """A connection, as the commit batch sees it."""

    def flush(self) -> None:
        """Send the output that waits for the commit."""

    def abort(self) -> None:
        """Discard the output, and end."""


class CommitBatch:
    """The connections with output since the last commit.

    Acknowledgements, deliveries and refusals wait in each connection's engine until the store has
    committed the changes that they are about.
    """

    def __init__(self, schedule: Callable[[], None]) -> None:
        """`schedule` has the turn end soon; calling it twice is harmless."""
        self._schedule = schedule
        self._connections: dict[_Flushable, None] = {}
        self.has_failed = False

    def fail(self) -> None:
        """Mark the turn as failed: the store could not write part of it."""
        self.has_failed = True
        self._schedule()

    def touch(self, connection: _Flushable | None = None) -> None:
        """Commit soon, and then flush `connection`, if one is given."""
        if connection is not None:
            self._connections[connection] = None
        self._schedule()

    def take(self) -> list[_Flushable]:
        """Return the connections to flush, and start the next batch."""
        connections, self._connections = list(self._connections), {}
        return connections


@dataclass
class BusContext:
    """The parts of the bus. The broker is replaced when the store had to be read again.

    With `existence_first`, a caller learns that an entity is missing whatever its roles. With
    `assign_ids`, a message sent without an id gets one. `throttle` is asked for each link that
    attaches and for each message. `managed` takes changes of rules.
    """

    namespace: Namespace
    directory: Directory
    gate: Gate
    token_policy: TokenPolicy
    limits: Limits
    dispatcher: Dispatcher
    batch: CommitBatch
    broker: Broker
    existence_first: bool
    assign_ids: bool
    throttle: Throttle
    managed: Managed
    usages: dict[str, Usage] = field(default_factory=dict)

    def usage_of(self, principal_id: str) -> Usage:
        """Return the usage of all connections of a principal."""
        if principal_id not in self.usages:
            quota = self.limits.of_a_principal
            if self.namespace.is_premium:
                # Room for one message that comes, and another that begins.
                most = max(quota.unfinished, 2 * self.directory.largest_message)
                quota = replace(quota, unfinished=most)
            self.usages[principal_id] = Usage(quota)
        return self.usages[principal_id]
