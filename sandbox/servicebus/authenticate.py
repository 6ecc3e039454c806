"""Step 1, authenticate: who is on a connection, by the tokens that were put on it through `$cbs`.

A token is put for an audience, an address, and covers that address and what lies below it. It is
good for links of the same connection and for no other.
https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.audit import Gate
from sandbox.entra import Caller, TokenRefused
from sandbox.servicebus.conditions import (
    Status,
    audience_not_found,
    shared_access_refused,
    token_refused,
    unknown_type,
)

# azure-sdk-for-python#37977, azure-sdk-for-python#23487, smallrye/smallrye-reactive-messaging#882
ACCEPTED = Status(202, "Accepted")
_AUDIENCES_AT_MOST = 1000
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
_JWT, _SIGNATURE = "jwt", "servicebus.windows.net:sastoken"


class Verifier(Protocol):
    """Proves a token: the verifier of sandbox.entra, or a test's own."""

    def verify(self, token: str) -> Caller:
        """For whom it speaks. Raises TokenRefused."""


@dataclass(frozen=True)
class PutToken:
    """A request to `$cbs`: this token, for this audience (folded path, None for another host)."""

    kind: object
    audience: str | None
    token: str = field(repr=False)

    @property
    def is_known(self) -> bool:
        """Whether its type is one that `$cbs` takes."""
        return isinstance(self.kind, str) and self.kind.lower() in {_JWT, _SIGNATURE}

    @property
    def is_signature(self) -> bool:
        """Whether it is none of Entra's; azure-servicebus 7.15 puts those as jwt, too."""
        by_type = isinstance(self.kind, str) and self.kind.lower() == _SIGNATURE
        return by_type or self.token.startswith("SharedAccessSignature ")


@dataclass(frozen=True)
class Desk:
    """What `$cbs` goes by on every connection of the namespace at `host`.

    `knows` says of a path whether a token for it is taken: one for what is not there may not be.
    """

    host: str
    verifier: Verifier
    gate: Gate
    knows: Callable[[str], bool]


class Tokens:
    """The callers of one connection, by the audiences that they have put tokens for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._callers: dict[str, Caller] = {}
        self.refusals = 0

    def __len__(self) -> int:
        return len(self._callers)

    def put(self, request: PutToken) -> Status:
        """Verify a token and remember its caller. A token without any role is taken, too."""
        if request.audience is None:
            return self._refused(Status(404, "The namespace could not be found."), "UnknownHost")
        if objection := self._objection(request):
            return self._refused(*objection)
        try:
            caller = self._desk.verifier.verify(request.token)
        except TokenRefused as error:
            status = token_refused(error, self._desk.host, request.audience)
            return self._refused(status, str(error.reason))
        if not self._desk.knows(request.audience):
            status = audience_not_found(self._desk.host, request.audience)
            return self._refused(status, "no such entity", caller.name)
        self._callers[request.audience] = caller
        return ACCEPTED

    def covering(self, path: str) -> tuple[str, Caller] | None:
        """The nearest audience that covers `path`, and its caller."""
        while True:
            if path in self._callers:
                return path, self._callers[path]
            if not path:
                return None
            path = path.rpartition("/")[0]

    @property
    def principal(self) -> str | None:
        """The principal of the first token."""
        return next((each.principal_id for each in self._callers.values()), None)

    def expire(self, now: float) -> list[str]:
        """Forget the tokens that have expired; for which audiences they were."""
        ended = [key for key, caller in self._callers.items() if caller.expires_at <= now]
        for audience in ended:
            del self._callers[audience]
        return ended

    def next_expiry(self) -> float | None:
        """When the first token expires."""
        return min((each.expires_at for each in self._callers.values()), default=None)

    def _objection(self, request: PutToken) -> tuple[Status, str] | None:
        """Why a token is not even verified, for the client and for the audit."""
        if not request.is_known:
            return unknown_type(), "a token of an unknown type"
        if request.is_signature:
            return shared_access_refused(), "a shared access signature"
        if request.audience not in self._callers and len(self._callers) >= _AUDIENCES_AT_MOST:
            return Status(403, "Too many audiences."), "too many audiences"
        return None

    def _refused(self, status: Status, reason: str, identity: str = "") -> Status:
        self.refusals += 1
        self._desk.gate.refuse("bus", "PutToken", reason, identity)
        return status
