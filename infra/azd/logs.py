"""A service's readiness from its log, where services/common/health.py names unproved rights."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# https://learn.microsoft.com/rest/api/keyvault: the inner error of a secret that is disabled.
_DISABLED = ("SecretDisabled", "disabled secret")


@dataclass(frozen=True, order=True)
class Right:
    """An operation that a service could not do, in the words of its log."""

    operation: str
    scope: str
    because: str = field(default="", compare=False)

    @property
    def waits_for_a_key(self) -> bool:
        """Return whether the right works, and only the secret is still disabled."""
        return any(each in self.because for each in _DISABLED)


@dataclass(frozen=True)
class Readiness:
    """The readiness in a service's log: ready, missing rights, or neither if it says nothing."""

    ready: bool = False
    missing: Sequence[Right] = ()


def readiness_in(lines: Sequence[str]) -> Readiness:
    """Return a service's latest state: the unproved rights, or that it is ready."""
    found, ready = list[Right](), False
    for each in map(_record, lines):
        message = str(each.get("message"))
        right = Right(str(each.get("operation")), str(each.get("scope")), message)
        # A service tries all missing rights in turn: a repeated one starts the next round.
        if message == "Ready" or right in found:
            found.clear()
        if message.startswith("Not proved yet"):
            found.append(right)
        ready = not found and (ready or message == "Ready")
    return Readiness(ready, found)


def _record(line: str) -> Mapping[str, Any]:
    # The stream may put a time before the service's line.
    try:
        found = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
