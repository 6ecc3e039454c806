"""What all connections of the bus share, and the turn that they take together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.deployment import Namespace
from sandbox.servicebus.account import Account
from sandbox.servicebus.authenticate import Desk
from sandbox.servicebus.decide import Decider
from sandbox.servicebus.dispatch import Dispatcher
from sandbox.servicebus.limits import Limits
from sandbox.servicebus.name import Directory
from sandbox.servicebus.serve.broker import Broker


class Flushable(Protocol):
    """A connection, as far as a turn has to do with it."""

    def flush(self) -> None:
        """Send what is to go out."""

    def abort(self) -> None:
        """Send nothing more, and end."""


class Turn:
    """What several connections have done since the last commit.

    Nothing that a connection says leaves before the commit that makes it true: acknowledgements,
    deliveries and refusals alike wait in its engine until the turn ends.
    """

    def __init__(self, schedule: Callable[[], None]) -> None:
        self._schedule = schedule
        self._touched: dict[Flushable, None] = {}
        self.is_broken = False

    def broken(self) -> None:
        """The store has failed: what was done since the last commit has not happened."""
        self.is_broken = True
        self._schedule()

    def touch(self, connection: Flushable | None = None) -> None:
        """Something was done, and perhaps a connection has something to say of it."""
        if connection is not None:
            self._touched[connection] = None
        self._schedule()

    def touched(self) -> list[Flushable]:
        """The connections that have something to say; they are then forgotten."""
        connections, self._touched = list(self._touched), {}
        return connections


@dataclass
class Plane:
    """The parts of the bus; the broker is another one after the store had to be read anew.

    `shows_missing`: whoever has a token is told what is not there, whatever their roles.
    `gives_ids`: a message that is sent without an id gets one.
    """

    namespace: Namespace
    directory: Directory
    decider: Decider
    desk: Desk
    limits: Limits
    dispatcher: Dispatcher
    turn: Turn
    broker: Broker
    shows_missing: bool = False
    gives_ids: bool = True
    accounts: dict[str, Account] = field(default_factory=dict)

    def account_of(self, principal_id: str) -> Account:
        """Return the account of all connections of a principal."""
        if principal_id not in self.accounts:
            self.accounts[principal_id] = Account(self.limits.of_a_principal)
        return self.accounts[principal_id]
