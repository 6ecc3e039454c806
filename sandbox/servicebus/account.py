"""Accounts of the memory that clients hold: each connection's, then all of one principal's."""

from typing import Any

from sandbox.servicebus import conditions
from sandbox.servicebus.amqp.wire import Wire
from sandbox.servicebus.conditions import Condition
from sandbox.servicebus.limits import Quota


class Account:
    """How much is held of each kind (a field of Quota), against what is allowed."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self._held: dict[str, int] = {}

    def add(self, kind: str, more: int) -> bool:
        """Hold so much more. Whether it is allowed."""
        self._held[kind] = self._held.get(kind, 0) + more
        return bool(self._held[kind] <= getattr(self.quota, kind))


class Holdings:
    """An account of one connection; once it has a principal, it counts for that one."""

    def __init__(self, before_token: Quota) -> None:
        self._account = Account(before_token)
        self._held: dict[str, int] = {}
        self._unfinished: dict[Wire, int] = {}

    @property
    def quota(self) -> Quota:
        """Return the quota that applies now."""
        return self._account.quota

    def join(self, account: Account) -> None:
        """Count for a principal from now on, with all that is held."""
        self._account = account
        for kind, amount in self._held.items():
            account.add(kind, amount)

    def leave(self) -> None:
        """Hold nothing more."""
        for kind in self._held:
            self.hold(kind, 0)

    def hold(self, kind: str, amount: int) -> bool:
        """Hold that much of a kind (a field of Quota) now. Whether it is allowed."""
        more = amount - self._held.get(kind, 0)
        self._held[kind] = amount
        return self._account.add(kind, more)

    def hold_unfinished(self, wire: Wire, size: int = 0) -> bool:
        """Hold so many bytes of a link's messages now. Whether it is allowed."""
        if size:
            self._unfinished[wire] = size
        else:
            self._unfinished.pop(wire, None)
        return self.hold("unfinished", sum(self._unfinished.values()))

    def hold_more_unfinished(self, wire: Wire, more: int) -> bool:
        """Hold so many bytes more of a link's messages. Whether it is allowed."""
        return self.hold_unfinished(wire, self._unfinished.get(wire, 0) + more)

    def forget_session(self, session: Any) -> None:
        """Hold nothing of the messages of a session's links."""
        for wire in [each for each in self._unfinished if each.session == session]:
            self.hold_unfinished(wire)

    def objection(self, sessions: int, links: int) -> Condition | None:
        """Why a client may not have so many sessions and links, if it may not."""
        if not self.hold("sessions", sessions):
            return conditions.too_many("sessions", self.quota.sessions)
        if not self.hold("links", links):
            return conditions.too_many("handles", self.quota.links)
        return None
