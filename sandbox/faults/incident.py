"""An incident: faults, targets and times that follow from a seed, the same for everybody."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sandbox.deployment import Deployment
from sandbox.faults.active import Target, target_of
from sandbox.faults.catalogue import FAULTS, Fault, FaultError

T = TypeVar("T")

MOST = 20
# In seconds: the longest time until a fault begins, and how long it then lasts.
_LATEST = 60
_SHORTEST, _LONGEST = 10, 40
_RESOURCES = {"blob": "/storageaccounts/", "vault": "/vaults/", "bus": "/namespaces/"}


@dataclass(frozen=True)
class Planned:
    """A fault of an incident: it begins after some seconds, and lasts some seconds."""

    fault: Fault
    target: Target | None
    after: float
    lasts: float


def incident(seed: str, count: int, deployment: Deployment) -> tuple[Planned, ...]:
    """Return the faults of an incident in the order in which they begin.

    The same seed, count and services give the same faults on every machine, because they follow
    from SHA-256: Python promises the same random choices only within one version. Raises FaultError
    for a count that is not between 1 and 20.
    """
    if not 1 <= count <= MOST:
        raise FaultError(f"an incident has 1 to {MOST} faults, not {count}")
    planned = [_planned(_Dice(f"{seed}/{number}"), deployment) for number in range(count)]
    return tuple(sorted(planned, key=lambda each: each.after))


def _planned(dice: "_Dice", deployment: Deployment) -> Planned:
    fault = dice.one_of("fault", [each for each in FAULTS if each.felt])
    names = _callers(deployment, fault.plane)
    # One fault in two meets every service.
    narrow = fault.for_one and names and dice.below("narrow", 2)
    return Planned(
        fault,
        target_of(deployment, dice.one_of("target", names)) if narrow else None,
        dice.below("after", _LATEST + 1),
        _SHORTEST + dice.below("lasts", _LONGEST - _SHORTEST + 1),
    )


def _callers(deployment: Deployment, plane: str) -> list[str]:
    """Return the services with a role on a resource of `plane`."""
    kind = _RESOURCES.get(plane, "")
    holders = {
        each.principal_id
        for each in deployment.assignments
        if kind and kind in f"{each.scope.lower()}/"
    }
    return sorted(
        app.name
        for app in deployment.apps
        if holders.intersection(each.principal_id for each in app.usable)
    )


@dataclass(frozen=True)
class _Dice:
    """Choices that follow from a seed, each with a name of its own."""

    seed: str

    def below(self, choice: str, limit: int) -> int:
        """Return a number from 0, below `limit`."""
        digest = hashlib.sha256(f"{self.seed}/{choice}".encode()).digest()
        return int.from_bytes(digest, "big") % limit

    def one_of(self, choice: str, values: Sequence[T]) -> T:
        """Return one of the values."""
        return values[self.below(choice, len(values))]
