"""A service's own word on its readiness: services/common/health.py logs each right it waits for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# https://learn.microsoft.com/rest/api/keyvault: the inner error of a secret that is disabled.
_DISABLED = ("SecretDisabled", "disabled secret")


@dataclass(frozen=True, order=True)
class Right:
    """What a service could not do when it last tried, in the words of its log."""

    operation: str
    scope: str
    because: str = field(default="", compare=False)

    @property
    def waits_for_a_key(self) -> bool:
        """Whether the right is there, and the secret itself is still disabled."""
        return any(each in self.because for each in _DISABLED)


@dataclass(frozen=True)
class Readiness:
    """What a service's log says: ready, or what is missing; neither where it says nothing of it."""

    ready: bool = False
    missing: Sequence[Right] = ()


def readiness_in(lines: Sequence[str]) -> Readiness:
    """Read what a service last said: the rights it had not proved, or that it was ready."""
    found, ready = list[Right](), False
    for each in map(_record, lines):
        message = str(each.get("message"))
        right = Right(str(each.get("operation")), str(each.get("scope")), message)
        # It tries all that are missing, one after the other: one that comes again begins anew.
        if message == "Ready" or right in found:
            found.clear()
        if message.startswith("Not proved yet"):
            found.append(right)
        ready = not found and (ready or message == "Ready")
    return Readiness(ready, found)


def _record(line: str) -> Mapping[str, Any]:
    # The stream may put a time before what the service wrote.
    try:
        found = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
