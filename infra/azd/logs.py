"""What a service says of its readiness: services/common/health.py logs each right it waits for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Right:
    """What a service could not do when it last tried, in the words of its log."""

    operation: str
    scope: str


def rights_in(lines: Sequence[str]) -> Sequence[Right]:
    """The rights that a service had not proved when it last tried; none once it was ready."""
    found = list[Right]()
    for each in map(_record, lines):
        message = str(each.get("message"))
        right = Right(str(each.get("operation")), str(each.get("scope")))
        # It tries all that are missing, one after the other: one that comes again begins anew.
        if message == "Ready" or right in found:
            found.clear()
        if message.startswith("Not proved yet"):
            found.append(right)
    return found


def _record(line: str) -> Mapping[str, Any]:
    # The stream may put a time before what the service wrote.
    try:
        found = json.loads(line[line.index("{") :])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
