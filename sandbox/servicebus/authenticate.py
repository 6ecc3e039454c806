"""Step 1, authenticate: the callers of a connection, by the tokens put on it through `$cbs`.

A token is put for an audience, which is an address. It covers that address and all below it, for
links of the same connection only.
https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.audit import Gate
from sandbox.entra import Caller, TokenRefused
from sandbox.servicebus.errors import (
    Status,
    audience_not_found,
    shared_access_refused,
    token_refused,
    unknown_type,
)

# azure-sdk-for-python#37977, azure-sdk-for-python#23487, smallrye/smallrye-reactive-messaging#882
ACCEPTED = Status(202, "Accepted")
_MAX_AUDIENCES = 1000
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
_JWT, _SIGNATURE = "jwt", "servicebus.windows.net:sastoken"


class Verifier(Protocol):
    """A verifier of tokens: that of sandbox.entra, or a test's own."""

    def verify(self, token: str) -> Caller:
        """Return the caller that the token names. Raises TokenRefused."""


@dataclass(frozen=True)
class PutToken:
    """A request to `$cbs` to put a token for an audience: a folded path, None for another host."""

    kind: object
    audience: str | None
    token: str = field(repr=False)

    @property
    def is_known(self) -> bool:
        """Return whether `$cbs` takes tokens of this type."""
        return isinstance(self.kind, str) and self.kind.lower() in {_JWT, _SIGNATURE}

    @property
    def is_signature(self) -> bool:
        """Return whether it is a shared access signature. azure-servicebus 7.15 puts it as jwt."""
        by_type = isinstance(self.kind, str) and self.kind.lower() == _SIGNATURE
        return by_type or self.token.startswith("SharedAccessSignature ")


@dataclass(frozen=True)
class TokenPolicy:
    """The rules of `$cbs`, the same on every connection of the namespace at `host`.

    `accepts` returns whether a token for a path is taken. One for a missing entity may not be.
    """

    host: str
    verifier: Verifier
    gate: Gate
    accepts: Callable[[str], bool]


class Tokens:
    """The callers of one connection, by the audiences that they have put tokens for."""

    def __init__(self, policy: TokenPolicy) -> None:
        self._policy = policy
        self._callers: dict[str, Caller] = {}
        self._next_expiry: float | None = None
        self.refusals = 0

    def put(self, request: PutToken) -> Status:
        """Verify a token and keep its caller. A token without any role is taken, too."""
        if request.audience is None:
            return self._refused(Status(404, "The namespace could not be found."), "UnknownHost")
        if rejection := self._rejection(request):
            return self._refused(*rejection)
        try:
            caller = self._policy.verifier.verify(request.token)
        except TokenRefused as error:
            status = token_refused(error, self._policy.host, request.audience)
            return self._refused(status, str(error.reason))
        if not self._policy.accepts(request.audience):
            status = audience_not_found(self._policy.host, request.audience)
            return self._refused(status, "no such entity", caller.name)
        self._callers[request.audience] = caller
        self._find_next_expiry()
        return ACCEPTED

    def covering(self, path: str) -> tuple[str, Caller] | None:
        """Return the nearest audience that covers `path`, and its caller."""
        while True:
            if path in self._callers:
                return path, self._callers[path]
            if not path:
                return None
            path = path.rpartition("/")[0]

    @property
    def caller(self) -> Caller | None:
        """Return the caller of the first token."""
        return next(iter(self._callers.values()), None)

    @property
    def principal(self) -> str | None:
        """Return the principal of the first token."""
        return self.caller.principal_id if self.caller else None

    def expire(self, now: float) -> list[str]:
        """Drop the tokens that have expired. Return their audiences."""
        ended = [key for key, caller in self._callers.items() if caller.expires_at <= now]
        for audience in ended:
            del self._callers[audience]
        self._find_next_expiry()
        return ended

    def next_expiry(self) -> float | None:
        """Return when the first token expires."""
        return self._next_expiry

    def _find_next_expiry(self) -> None:
        """Look at all tokens once they have changed, since this is asked after each frame."""
        ends = (each.expires_at for each in self._callers.values())
        self._next_expiry = min(ends, default=None)

    def _rejection(self, request: PutToken) -> tuple[Status, str] | None:
        """Return why a token is not even verified: for the client, and for the audit."""
        if not request.is_known:
            return unknown_type(), "a token of an unknown type"
        if request.is_signature:
            return shared_access_refused(), "a shared access signature"
        if request.audience not in self._callers and len(self._callers) >= _MAX_AUDIENCES:
            return Status(403, "Too many audiences."), "too many audiences"
        return None

    def _refused(self, status: Status, reason: str, identity: str = "") -> Status:
        self.refusals += 1
        self._policy.gate.refuse("bus", "PutToken", reason, identity)
        return status
