"""The cache behind the identity endpoint: one token for each app, identity and resource.

No request can force a new token:
https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations#limitation-of-using-managed-identities-for-authorization
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from sandbox.deployment import Principal
from sandbox.entra import AccessToken, Issuer

# The resources of storage accounts are as many as there are names.
_AT_MOST = 1000


@dataclass(frozen=True)
class Wanted:
    """A request for a token of `identity` for `resource`; `host_id` is the app's resource id.

    `program` is empty, or names a program that is followed apart from the app: it gets the claims
    and times of the app's token under an id of its own, so that the audit can tell the two apart.
    """

    identity: Principal
    resource: str
    host_id: str
    program: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """A recreated identity has another principal id, and so begins without a token."""
        return self.identity.principal_id, self.resource, self.host_id, self.program


@dataclass(frozen=True)
class HandedOut:
    """A token, and whether it had been handed out before."""

    token: AccessToken
    again: bool


class TokenCache:
    """Gives the same token until it expires, or until `margin` seconds before.

    `passed_by` returns whether the request of the moment gets a token that is not kept.
    """

    def __init__(self, issuer: Issuer, margin: int = 0) -> None:
        self._issuer = issuer
        self._margin = margin
        self._tokens: dict[tuple[str, str, str, str], AccessToken] = {}
        self._on = True
        self.passed_by: Callable[[], bool] = bool

    @property
    def on(self) -> bool:
        """Return whether tokens are kept; turning it off forgets them."""
        return self._on

    @on.setter
    def on(self, on: bool) -> None:
        self._on = on
        self.forget()

    def forget(self) -> None:
        """Forget every token, which no caller of the endpoint can bring about."""
        self._tokens.clear()

    def token(self, wanted: Wanted) -> HandedOut:
        """Return the cached token, or a new one."""
        if not self._on or self.passed_by():
            return HandedOut(self._new(wanted), again=False)
        found = self._tokens.get(wanted.key)
        if found is not None and found.expires_on - self._margin > self._issuer.clock():
            return HandedOut(found, again=True)
        made = self._own(wanted) if wanted.program else self._new(wanted)
        self._keep(wanted, made)
        return HandedOut(made, again=False)

    def _own(self, wanted: Wanted) -> AccessToken:
        """Return a copy of the app's token for a program."""
        of_the_app = Wanted(wanted.identity, wanted.resource, wanted.host_id)
        return self._issuer.copy(self.token(of_the_app).token)

    def _new(self, wanted: Wanted) -> AccessToken:
        return self._issuer.issue(wanted.identity, wanted.resource, host_id=wanted.host_id)

    def _keep(self, wanted: Wanted, token: AccessToken) -> None:
        """Keep a token if there is room: a program's makes room, an app's does not.

        Many requests could otherwise push an app's token out, and so force a new one.
        """
        self._tokens.pop(wanted.key, None)
        if len(self._tokens) >= _AT_MOST:
            self._make_room()
        if len(self._tokens) < _AT_MOST:
            self._tokens[wanted.key] = token

    def _make_room(self) -> None:
        now = self._issuer.clock()
        of_a_program = (key for key in self._tokens if key[-1])
        expired = (key for key, each in self._tokens.items() if each.expires_on <= now)
        victim = next(chain(expired, of_a_program), None)
        if victim is not None:
            del self._tokens[victim]
