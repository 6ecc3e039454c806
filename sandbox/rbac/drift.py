"""The differences from the deployment that hands have made, kept in the state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sandbox.broken_files import BrokenFileError
from sandbox.deployment import ByHand, RoleAssignment
from sandbox.state import State

FILE = "assignments-by-hand.json"


@dataclass(frozen=True)
class Drift:
    """Assignments made by hand, and deployed ones that were deleted by hand.

    `deleted` has the name of the principal that deleted each, by the assignment's id in lower case;
    it is empty for a row that was added after its identity was deleted.
    """

    made: tuple[RoleAssignment, ...] = ()
    deleted: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


NONE = Drift()


def read(state: State) -> Drift:
    """Return the drift that `state` has. Raises BrokenFileError."""
    raw = state.read_json(FILE)
    try:
        return NONE if raw is None else _parsed(raw)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        why = f"it holds no role assignments: {error}"
        raise BrokenFileError(state.path(FILE), why) from error


def keep(state: State, drift: Drift) -> None:
    """Store `drift` in `state`, atomically, with an assignment a line. Raises OSError."""
    made = ",\n".join(json.dumps(_as_json(each)) for each in drift.made)
    deleted = json.dumps(dict(drift.deleted), indent=1)
    state.write(FILE, f'{{"made": [\n{made}\n],\n"deleted": {deleted}}}\n'.encode())


def _as_json(assignment: RoleAssignment) -> Mapping[str, Any]:
    origin = assignment.by_hand
    return {**vars(assignment), "by_hand": None if origin is None else vars(origin)}


def _parsed(raw: Mapping[str, Any]) -> Drift:
    deleted = {str(key): str(by) for key, by in raw["deleted"].items()}
    return Drift(tuple(map(_assignment, raw["made"])), deleted)


def _assignment(raw: Mapping[str, Any]) -> RoleAssignment:
    origin = None if raw["by_hand"] is None else ByHand(**raw["by_hand"])
    found = RoleAssignment(**{**raw, "by_hand": origin})
    texts = [each for each in vars(found).values() if each is not origin]
    texts += vars(origin).values() if origin else ()
    if not all(isinstance(each, str) for each in texts):
        raise TypeError("a value is not a text")
    return found
