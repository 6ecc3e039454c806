"""Key Vault's delay: a deleted or recovered secret shows seconds after the answer.

Azure's clients wait for it: `begin_delete_secret` polls until the deleted secret shows, and
`begin_recover_deleted_secret` until the secret does. Without the fault, the sandbox shows both at
once. https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.audit import AuditError, Gate
from sandbox.faults.active import Faults
from sandbox.faults.effects import Lag
from sandbox.keyvault import KeyVault
from sandbox.keyvault.errors import being_recovered, deleted_not_found, not_found
from sandbox.keyvault.name import Named
from sandbox.refusal import Refusal
from sandbox.walk import permit

_DELETE, _RECOVER = "SecretDelete", "SecretRecover"


@dataclass(frozen=True)
class Change:
    """A change of a secret, by its operation, and when it shows (seconds of the clock)."""

    operation: str
    shows: float


class Changes:
    """The latest change of each secret that does not show yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changes: dict[str, Change] = {}

    def add(self, operation: str, secret: str, lag: float) -> None:
        """Take note of a change that shows in `lag` seconds. Others than the two show at once."""
        now = self._clock()
        self._changes = {key: each for key, each in self._changes.items() if now < each.shows}
        self._changes.pop(secret.lower(), None)
        if operation in {_DELETE, _RECOVER}:
            self._changes[secret.lower()] = Change(operation, now + lag)

    def answer(self, operation: str, secret: str) -> Refusal | None:
        """Return the answer of a vault in which the change of a secret does not show yet."""
        change = self._changes.get(secret.lower())
        if change is None or self._clock() >= change.shows:
            return None
        return _before(change.operation, operation, secret)


def _before(change: str, operation: str, secret: str) -> Refusal | None:
    """Return the answer to `operation` before `change` shows; None if it makes no difference."""
    match change, operation:
        case ("SecretDelete", "SecretGetDeleted"):
            return deleted_not_found(secret)
        case ("SecretRecover", "SecretGet"):
            return not_found(secret)
        case ("SecretRecover", "SecretSet"):
            return being_recovered(secret)
        case _:
            return None


def consistent_later(
    application: web.Application, vault: KeyVault, faults: Faults, gate: Gate
) -> web.Application:
    """Return the application of `vault`, in which changes show later while the fault is on."""
    changes = Changes(faults.clock)

    @web.middleware
    async def delay(request: web.Request, handler: Handler) -> web.StreamResponse:
        active = faults.find(vault.service, Lag)
        named = _named(vault, request)
        if active is None or named is None or not isinstance(active.fault.effect, Lag):
            return await handler(request)
        early = changes.answer(named.operation.name, named.secret)
        if early is not None:
            return await _denied_or(early, active.reason, vault, gate, request)
        response = await handler(request)
        if response.status == 200:
            changes.add(named.operation.name, named.secret, active.fault.effect.seconds)
        return response

    application.middlewares.insert(0, delay)
    return application


def _named(vault: KeyVault, request: web.Request) -> Named | None:
    try:
        return vault.name(request)
    except Refusal:
        return None


async def _denied_or(
    early: Refusal, reason: str, vault: KeyVault, gate: Gate, request: web.Request
) -> web.StreamResponse:
    """Return `early` to a caller whose roles allow the request, and the denial to any other."""
    try:
        granted = permit(vault, gate, request)
        gate.refuse(vault.service, granted.named.operation.name, reason, granted.caller.name)
    except Refusal as refusal:
        return await vault.render(request, refusal)
    except AuditError:
        return await vault.render(request, vault.unrecorded)
    return await vault.render(request, early)
