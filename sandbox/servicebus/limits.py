"""The limits of the bus, and how much of its memory each client uses."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.servicebus import limit_errors
from sandbox.servicebus.amqp.link import Link
from sandbox.servicebus.errors import Condition

_KIB = 1024
_MIB = 1024 * _KIB


@dataclass(frozen=True)
class Quota:
    """A client's share of the bus's memory. Azure publishes no such numbers.

    `links` and `sessions` are counts. `unfinished` is in bytes of messages whose end has not come,
    `replies` in bytes of replies that wait for credit.
    """

    links: int
    sessions: int
    unfinished: int
    replies: int


@dataclass(frozen=True)
class Limits:
    """Durations in seconds, sizes in bytes, as on Azure's Standard tier. Tests shorten them.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot

    The last five are the sandbox's own: the quota of a connection before its token, that of a
    principal on all of its connections, the size of a request for `$cbs` (a token has up to
    16 KiB), the number of connections without a token, and how many links and tokens one of those
    may be refused.
    """

    token_wait: float = 20
    link_idle: float = 10 * 60
    connection_idle: float = 5 * 60
    first_link_wait: float = 60
    before_token: Quota = field(default=Quota(16, 16, 64 * _KIB, 64 * _KIB))
    of_a_principal: Quota = field(default=Quota(1000, 5000, 16 * _MIB, 4 * _MIB))
    max_token_request: int = 24 * _KIB
    max_without_token: int = 100
    refusals_before_token: int = 100


class Usage:
    """The amount in use of each kind (a field of Quota), against its quota."""

    def __init__(self, quota: Quota) -> None:
        self.quota = quota
        self._used: dict[str, int] = {}

    def add(self, kind: str, more: int) -> bool:
        """Add to the amount in use. Return whether it is within the quota."""
        self._used[kind] = self._used.get(kind, 0) + more
        return bool(self._used[kind] <= getattr(self.quota, kind))


class ConnectionUsage:
    """The usage of one connection. Once it has a principal, it counts for the principal, too."""

    def __init__(self, before_token: Quota) -> None:
        self._total = Usage(before_token)
        self._used: dict[str, int] = {}
        self._unfinished: dict[Link, int] = {}
        self._open = 0, 0

    @property
    def quota(self) -> Quota:
        """Return the quota that applies now."""
        return self._total.quota

    def join(self, principal: Usage) -> None:
        """Count for a principal from now on, with everything in use so far."""
        self._total = principal
        self._open = 0, 0
        for kind, amount in self._used.items():
            principal.add(kind, amount)

    def release(self) -> None:
        """Release everything."""
        for kind in self._used:
            self.set(kind, 0)

    def set(self, kind: str, amount: int) -> bool:
        """Set how much of a kind is in use. Return whether it is within the quota."""
        more = amount - self._used.get(kind, 0)
        self._used[kind] = amount
        return self._total.add(kind, more)

    def set_unfinished(self, link: Link, size: int = 0) -> bool:
        """Set a link's unfinished bytes. Return whether they are within the quota."""
        if size:
            self._unfinished[link] = size
        elif self._unfinished.pop(link, None) is None:
            return True
        return self.set("unfinished", sum(self._unfinished.values()))

    def add_unfinished(self, link: Link, more: int) -> bool:
        """Add to a link's unfinished bytes. Return whether they are within the quota."""
        return self.set_unfinished(link, self._unfinished.get(link, 0) + more)

    def release_session(self, session: Any) -> None:
        """Release the unfinished messages of a session's links."""
        for link in [each for each in self._unfinished if each.session == session]:
            self.set_unfinished(link)

    def exceeded(self, sessions: int, links: int) -> Condition | None:
        """Set the number of sessions and links. Return the error if there are too many.

        This is asked after each frame, so it looks only at numbers that have changed.
        """
        if (sessions, links) == self._open:
            return None
        self._open = sessions, links
        if not self.set("sessions", sessions):
            return limit_errors.too_many("sessions", self.quota.sessions)
        if not self.set("links", links):
            return limit_errors.too_many("handles", self.quota.links)
        return None
